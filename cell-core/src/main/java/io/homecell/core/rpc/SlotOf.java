package io.homecell.core.rpc;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Marks the parameter of a service method that carries the call's slot: an id, as {@code long} or
 * as its decimal text. Consumers send the call to the cell that owns the slot, providers check that
 * they do. A method has at most one; a method without one is served by any cell.
 */
@Documented
@Target(ElementType.PARAMETER)
@Retention(RetentionPolicy.RUNTIME)
public @interface SlotOf {}
