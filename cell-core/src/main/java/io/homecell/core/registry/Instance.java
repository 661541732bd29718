package io.homecell.core.registry;

/**
 * A running instance of a service.
 *
 * @param service such as {@code account}
 * @param cell the cell that it serves
 * @param instance its name, unique in the deployment
 * @param host where it listens
 * @param port where it listens
 */
public record Instance(String service, String cell, String instance, String host, int port) {}
