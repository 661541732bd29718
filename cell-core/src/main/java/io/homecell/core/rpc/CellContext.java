package io.homecell.core.rpc;

import io.homecell.core.near.NearReads;
import io.homecell.core.route.Routes;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Optional;

/**
 * What the provider's extensions know of the cell that they serve. One for each {@link CellServer},
 * handed to them as a bean of its Dubbo framework model.
 *
 * @param near judges reads that are marked as near; without it none is answered
 */
record CellContext(
    String cell,
    Routes routes,
    MeterRegistry metrics,
    CallsUnderWay calls,
    Optional<NearReads> near) {}
