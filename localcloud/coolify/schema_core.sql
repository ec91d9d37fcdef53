CREATE TABLE users (
    id bigserial PRIMARY KEY,
    name varchar(255) NOT NULL DEFAULT 'Anonymous',
    email varchar(255) UNIQUE NOT NULL,
    email_verified_at timestamp(0),
    password varchar(255),
    remember_token varchar(100),
    force_password_reset boolean NOT NULL DEFAULT false,
    marketing_emails boolean NOT NULL DEFAULT true,
    two_factor_confirmed_at timestamp(0),
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now()
);

CREATE TABLE teams (
    id bigserial PRIMARY KEY,
    name varchar(255) NOT NULL,
    description varchar(255),
    personal_team boolean NOT NULL DEFAULT false,
    show_boarding boolean NOT NULL DEFAULT false,
    custom_server_limit integer,
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now()
);

CREATE TABLE team_user (
    id bigserial PRIMARY KEY,
    team_id bigint NOT NULL,
    user_id bigint NOT NULL,
    role varchar(255) NOT NULL DEFAULT 'member',
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now(),
    UNIQUE (team_id, user_id)
);

CREATE TABLE instance_settings (
    id bigserial PRIMARY KEY,
    fqdn varchar(255),
    public_ipv4 varchar(255),
    public_ipv6 varchar(255),
    is_registration_enabled boolean NOT NULL DEFAULT true,
    is_auto_update_enabled boolean NOT NULL DEFAULT true,
    is_api_enabled boolean NOT NULL DEFAULT false,
    is_mcp_server_enabled boolean NOT NULL DEFAULT false,
    allowed_ips text,
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now()
);

CREATE TABLE personal_access_tokens (
    id bigserial PRIMARY KEY,
    tokenable_type varchar(255) NOT NULL,
    tokenable_id bigint NOT NULL,
    name varchar(255) NOT NULL,
    token varchar(64) UNIQUE NOT NULL,
    team_id varchar(255) NOT NULL,
    abilities text,
    last_used_at timestamp(0),
    expires_at timestamp(0),
    created_at timestamp(0),
    updated_at timestamp(0)
);

CREATE TABLE private_keys (
    id bigserial PRIMARY KEY,
    uuid varchar(255) UNIQUE NOT NULL,
    name varchar(255) NOT NULL,
    description varchar(255),
    private_key text NOT NULL,
    fingerprint varchar(255),
    is_git_related boolean NOT NULL DEFAULT false,
    team_id bigint NOT NULL,
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now()
);

CREATE TABLE servers (
    id bigserial PRIMARY KEY,
    uuid varchar(255) UNIQUE NOT NULL,
    name varchar(255) NOT NULL,
    description varchar(255),
    ip varchar(255) NOT NULL,
    port integer NOT NULL DEFAULT 22,
    "user" varchar(255) NOT NULL DEFAULT 'root',
    team_id bigint NOT NULL,
    private_key_id bigint NOT NULL REFERENCES private_keys (id),
    proxy jsonb NOT NULL DEFAULT '{"type": "TRAEFIK", "status": "exited"}',
    unreachable_count integer NOT NULL DEFAULT 0,
    unreachable_notification_sent boolean NOT NULL DEFAULT false,
    high_disk_usage_notification_sent boolean NOT NULL DEFAULT false,
    log_drain_notification_sent boolean NOT NULL DEFAULT false,
    swarm_cluster integer,
    validation_logs text,
    is_validating boolean NOT NULL DEFAULT false,
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now()
);

CREATE TABLE server_settings (
    id bigserial PRIMARY KEY,
    server_id bigint UNIQUE NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    is_reachable boolean NOT NULL DEFAULT false,
    is_usable boolean NOT NULL DEFAULT false,
    is_build_server boolean NOT NULL DEFAULT false,
    is_swarm_manager boolean NOT NULL DEFAULT false,
    is_swarm_worker boolean NOT NULL DEFAULT false,
    is_jump_server boolean NOT NULL DEFAULT false,
    is_cloudflare_tunnel boolean NOT NULL DEFAULT false,
    is_terminal_enabled boolean NOT NULL DEFAULT true,
    is_metrics_enabled boolean NOT NULL DEFAULT false,
    is_sentinel_enabled boolean NOT NULL DEFAULT true,
    concurrent_builds integer NOT NULL DEFAULT 2,
    dynamic_timeout integer NOT NULL DEFAULT 3600,
    deployment_queue_limit integer NOT NULL DEFAULT 25,
    connection_timeout integer NOT NULL DEFAULT 10,
    force_disabled boolean NOT NULL DEFAULT false,
    generate_exact_labels boolean NOT NULL DEFAULT false,
    wildcard_domain varchar(255),
    docker_cleanup_frequency varchar(255) NOT NULL DEFAULT '0 0 * * *',
    docker_cleanup_threshold integer NOT NULL DEFAULT 80,
    force_docker_cleanup boolean NOT NULL DEFAULT true,
    delete_unused_volumes boolean NOT NULL DEFAULT false,
    delete_unused_networks boolean NOT NULL DEFAULT false,
    disable_application_image_retention boolean NOT NULL DEFAULT false,
    server_disk_usage_notification_threshold integer NOT NULL DEFAULT 80,
    server_disk_usage_check_frequency varchar(255) NOT NULL DEFAULT '0 23 * * *',
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now()
);

CREATE TABLE standalone_dockers (
    id bigserial PRIMARY KEY,
    uuid varchar(255) UNIQUE NOT NULL,
    name varchar(255) NOT NULL,
    network varchar(255) NOT NULL,
    server_id bigint NOT NULL REFERENCES servers (id) ON DELETE CASCADE,
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now(),
    UNIQUE (server_id, network)
);

CREATE TABLE projects (
    id bigserial PRIMARY KEY,
    uuid varchar(255) UNIQUE NOT NULL,
    name varchar(255) NOT NULL,
    description text,
    team_id bigint NOT NULL,
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now()
);

CREATE TABLE environments (
    id bigserial PRIMARY KEY,
    uuid varchar(255) UNIQUE NOT NULL,
    name varchar(255) NOT NULL,
    description text,
    project_id bigint NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now(),
    UNIQUE (project_id, name)
);

CREATE TABLE tags (
    id bigserial PRIMARY KEY,
    uuid varchar(255) UNIQUE NOT NULL,
    name varchar(255) NOT NULL,
    team_id bigint NOT NULL,
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now(),
    UNIQUE (team_id, name)
);

CREATE TABLE taggables (
    tag_id bigint NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    taggable_id bigint NOT NULL,
    taggable_type varchar(255) NOT NULL,
    UNIQUE (tag_id, taggable_id, taggable_type)
);
