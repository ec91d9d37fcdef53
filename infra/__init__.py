"""The platform as a Pulumi program: components and the dynamic resources they need."""

from infra.kinds import FormerPaths

FormerPaths.install()
