"""The local double of the cloud: real servers, registry, proxy and DNS on one machine."""
