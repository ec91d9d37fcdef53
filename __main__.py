"""The platform of nutri, from an empty project to a verified, running app."""

import pulumi

from infra import guard, outputs, preflight, service
from infra.dns import Dns
from infra.host import Host
from infra.platform import Platform
from infra.verification import Verification

stack = pulumi.get_stack()
settings, server_type = preflight.run(stack)
guard.install(settings.acknowledge, protect=settings.protect)

host = Host(preflight.server_name(stack), settings, server_type.name)
platform = Platform(host, settings)
specs = service.specs(settings)
services = [service.Service(spec, host, platform, settings) for spec in specs]
names = [Dns(settings, host, [s.subdomain for s in specs])] if settings.manage_dns else []

target = outputs.target(settings, host, platform, services)
verification = Verification(
    "verification", target, settings.settle_seconds, after=[*services, *names]
)
pulumi.export("target", target)
pulumi.export("verified", verification.verified)
pulumi.export("urls", {s.spec.name: s.url for s in services})
