CREATE TABLE local_persistent_volumes (
    id bigserial PRIMARY KEY,
    uuid varchar(255) UNIQUE NOT NULL,
    name varchar(255) NOT NULL,
    mount_path varchar(255) NOT NULL,
    host_path varchar(255),
    is_preview_suffix_enabled boolean NOT NULL DEFAULT true,
    resource_type varchar(255) NOT NULL DEFAULT 'App\Models\Application',
    resource_id bigint NOT NULL REFERENCES applications (id) ON DELETE CASCADE,
    created_at timestamp(0) DEFAULT now(),
    updated_at timestamp(0) DEFAULT now(),
    UNIQUE (name, resource_type, resource_id)
);
