"""The platform as a Pulumi program: components and the dynamic resources they need."""
