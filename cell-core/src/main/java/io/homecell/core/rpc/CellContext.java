package io.homecell.core.rpc;

import io.homecell.core.route.Routes;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * What the provider's extensions know of the cell that they serve. One for each {@link CellServer},
 * handed to them as a bean of its Dubbo framework model.
 */
record CellContext(String cell, Routes routes, MeterRegistry metrics, CallsUnderWay calls) {}
