"""What the bodies of application requests may hold, field by field."""

from __future__ import annotations

from localcloud.coolify.validation import (
    Rule,
    anything,
    array,
    boolean,
    integer,
    numeric,
    one_of,
    text,
)

_SHELL_SAFE = (
    r"(?:[ \t]+|&&|\|\||\"[^\"$`\\\n\r]*\"|'[^'\n\r]*'|[a-zA-Z0-9._\-/=:@,+\[\]{}#%^~*?!]+)+"
)
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]+)?/)?"
IMAGE_NAME = rf"{_HOST}{_PART}(?:/{_PART})*(?:@sha256)?"
IMAGE_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_MAX_GRACE = 3600
_MAX_KEPT = 100

SETTING_BOOLEANS = (
    "is_git_submodules_enabled",
    "is_git_lfs_enabled",
    "is_git_shallow_clone_enabled",
    "disable_build_cache",
    "inject_build_args_to_dockerfile",
    "include_source_commit_in_build",
    "is_env_sorting_enabled",
    "is_pr_deployments_public_enabled",
    "is_gzip_enabled",
    "is_stripprefix_enabled",
    "is_raw_compose_deployment_enabled",
    "is_log_drain_enabled",
    "is_gpu_enabled",
    "is_consistent_container_name_enabled",
    "is_static",
    "is_spa",
    "is_auto_deploy_enabled",
    "is_force_https_enabled",
    "is_preview_deployments_enabled",
    "use_build_secrets",
    "connect_to_docker_network",
    "is_container_label_escape_enabled",
    "is_preserve_repository_enabled",
)
"""Booleans written flat and read below `settings` under the same name."""
SETTING_OTHERS: dict[str, Rule] = {
    "stop_grace_period": integer(least=1, most=_MAX_GRACE, nullable=True),
    "docker_images_to_keep": integer(least=0, most=_MAX_KEPT),
    "gpu_driver": text(nullable=True),
    "gpu_count": text(nullable=True),
    "gpu_device_ids": text(nullable=True),
    "gpu_options": text(nullable=True),
    "custom_internal_name": text(nullable=True),
}
SETTING_RENAMED = {"use_build_server": "is_build_server_enabled"}
"""Settings read under another name than they are written."""

COLUMNS: dict[str, Rule] = {
    "name": text(most=255),
    "description": text(nullable=True),
    "git_repository": text(),
    "git_branch": text(),
    "git_commit_sha": text(pattern=r"[a-zA-Z0-9][a-zA-Z0-9._\-/]*"),
    "docker_registry_image_name": text(nullable=True, most=255, pattern=IMAGE_NAME),
    "docker_registry_image_tag": text(nullable=True, most=128, pattern=IMAGE_TAG),
    "static_image": text(),
    "install_command": text(nullable=True, pattern=_SHELL_SAFE),
    "build_command": text(nullable=True, pattern=_SHELL_SAFE),
    "start_command": text(nullable=True, pattern=_SHELL_SAFE),
    "ports_exposes": text(nullable=True, pattern=r"\d+(,\d+)*"),
    "ports_mappings": text(nullable=True, pattern=r"\d+:\d+(,\d+:\d+)*"),
    "custom_network_aliases": text(nullable=True),
    "base_directory": text(),
    "publish_directory": text(nullable=True),
    "health_check_enabled": boolean(),
    "health_check_type": one_of("http", "cmd"),
    "health_check_command": text(nullable=True, most=1000, pattern=r"[a-zA-Z0-9 \-_./:=@,+]+"),
    "health_check_path": text(pattern=r"[a-zA-Z0-9/\-_.~%,;]+"),
    "health_check_port": integer(least=1, most=65535, nullable=True),
    "health_check_host": text(pattern=r"[a-zA-Z0-9.\-_]+"),
    "health_check_method": one_of("GET", "HEAD", "POST", "OPTIONS"),
    "health_check_return_code": numeric(),
    "health_check_scheme": one_of("http", "https"),
    "health_check_response_text": text(nullable=True),
    "health_check_interval": numeric(),
    "health_check_timeout": numeric(),
    "health_check_retries": numeric(),
    "health_check_start_period": numeric(),
    "limits_memory": text(),
    "limits_memory_swap": text(),
    "limits_memory_swappiness": numeric(),
    "limits_memory_reservation": text(),
    "limits_cpus": text(),
    "limits_cpuset": text(nullable=True),
    "limits_cpu_shares": numeric(),
    "custom_docker_run_options": text(nullable=True, most=2000, pattern=_SHELL_SAFE),
    "post_deployment_command": text(nullable=True),
    "post_deployment_command_container": text(nullable=True),
    "pre_deployment_command": text(nullable=True),
    "pre_deployment_command_container": text(nullable=True),
    "manual_webhook_secret_github": text(nullable=True),
    "manual_webhook_secret_gitlab": text(nullable=True),
    "manual_webhook_secret_bitbucket": text(nullable=True),
    "manual_webhook_secret_gitea": text(nullable=True),
    "dockerfile_location": text(nullable=True),
    "docker_compose_location": text(nullable=True),
    "docker_compose_custom_start_command": text(nullable=True),
    "docker_compose_custom_build_command": text(nullable=True),
    "watch_paths": text(nullable=True),
    "custom_nginx_configuration": text(nullable=True),
    "redirect": one_of("www", "non-www", "both"),
    "preview_url_template": text(),
    "max_restart_count": integer(least=0),
    "is_http_basic_auth_enabled": boolean(nullable=True),
    "http_basic_auth_username": text(nullable=True),
    "http_basic_auth_password": text(nullable=True),
    "custom_labels": text(nullable=True),
    "noindex_domains": array(nullable=True),
}
"""Fields kept as columns of the application."""

_SHARED: dict[str, Rule] = {
    **COLUMNS,
    **{name: boolean(nullable=True) for name in SETTING_BOOLEANS},
    **SETTING_OTHERS,
    "use_build_server": boolean(nullable=True),
    "domains": text(nullable=True, most=2048),
    "instant_deploy": boolean(nullable=True),
    "force_domain_override": boolean(nullable=True),
    "docker_compose_domains": array(nullable=True),
}
CREATE: dict[str, Rule] = {
    **_SHARED,
    "project_uuid": text(required=True),
    "server_uuid": text(required=True),
    "environment_name": text(nullable=True),
    "environment_uuid": text(nullable=True),
    "destination_uuid": text(),
    "docker_registry_image_name": text(required=True, most=255),
    "type": anything(),
    "build_pack": anything(),
    "dockerfile": anything(),
    "docker_compose_raw": anything(),
    "private_key_uuid": anything(),
    "github_app_uuid": anything(),
    "autogenerate_domain": boolean(),
    "tags": array(nullable=True),
}
UPDATE: dict[str, Rule] = {
    **_SHARED,
    "build_pack": one_of(
        "nixpacks", "railpack", "static", "dockerfile", "dockercompose", "dockerimage"
    ),
    "dockerfile_target_build": text(nullable=True),
}
REGENERATING = frozenset(
    {
        "domains",
        "noindex_domains",
        "is_http_basic_auth_enabled",
        "http_basic_auth_username",
        "http_basic_auth_password",
        "is_gzip_enabled",
        "is_stripprefix_enabled",
    }
)
"""A PATCH with any of these writes generated labels over custom ones."""
