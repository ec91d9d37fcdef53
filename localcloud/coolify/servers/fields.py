"""What the bodies of server requests may hold."""

from __future__ import annotations

from localcloud.coolify.validation import Rule, boolean, integer, one_of, text

_PROXIES = one_of("traefik", "caddy", "none", "TRAEFIK", "CADDY", "NONE")
_COMMON: dict[str, Rule] = {
    "name": text(most=255),
    "description": text(nullable=True),
    "ip": text(pattern=r"[A-Za-z0-9.:\-]+"),
    "port": integer(least=1, most=65535, nullable=True),
    "user": text(nullable=True, pattern=r"[a-z_][a-z0-9_-]*"),
    "private_key_uuid": text(),
    "is_build_server": boolean(nullable=True),
    "instant_validate": boolean(nullable=True),
    "proxy_type": _PROXIES,
}
SETTINGS: dict[str, Rule] = {
    "concurrent_builds": integer(least=1),
    "dynamic_timeout": integer(least=1),
    "deployment_queue_limit": integer(least=1),
    "server_disk_usage_notification_threshold": integer(least=1, most=100),
    "server_disk_usage_check_frequency": text(),
    "connection_timeout": integer(least=1, most=300),
    "is_terminal_enabled": boolean(),
    "is_build_server": boolean(nullable=True),
}
CREATE: dict[str, Rule] = {
    **_COMMON,
    "ip": text(required=True, pattern=r"[A-Za-z0-9.:\-]+"),
    "private_key_uuid": text(required=True),
}
UPDATE: dict[str, Rule] = {**_COMMON, **SETTINGS}
DESTINATION: dict[str, Rule] = {
    "name": text(required=True, most=255),
    "network": text(required=True, pattern=r"[A-Za-z0-9][A-Za-z0-9_.-]*"),
    "type": text(),
}
PROXY: dict[str, Rule] = {
    "redirect_enabled": boolean(),
    "redirect_url": text(nullable=True),
    "generate_exact_labels": boolean(),
    "proxy_type": _PROXIES,
}
CONFIGURATION: dict[str, Rule] = {"configuration": text(required=True)}
CLEANUP: dict[str, Rule] = {
    "docker_cleanup_frequency": text(),
    "docker_cleanup_threshold": integer(least=1, most=100),
    "force_docker_cleanup": boolean(),
    "delete_unused_volumes": boolean(),
    "delete_unused_networks": boolean(),
    "disable_application_image_retention": boolean(),
}
