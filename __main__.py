"""The platform of nutri, from an empty project to a verified, running app."""

import pulumi

from infra import guard, outputs, preflight, service
from infra.dns import Dns
from infra.dumps import Dumps
from infra.fleet import Fleet
from infra.platform import Platform
from infra.verification import Verification

stack = pulumi.get_stack()
settings, server_type = preflight.run(stack)
guard.install(settings.acknowledge, protect=settings.protect)

fleet = Fleet(preflight.server_name(stack), settings, server_type.name)
platform = Platform(fleet.first, settings)
specs = service.specs(settings)
dumps = Dumps(fleet.first, platform, settings) if settings.dumps else None
restored = dumps.restored if dumps else ()
services = [
    service.Service(spec, fleet.first, platform, settings, after=restored) for spec in specs
]
hosts = [spec.subdomain for spec in specs]
names = [Dns(settings, fleet.first, hosts, served=services)] if settings.manage_dns else []

target = outputs.target(settings, fleet, platform, services, dumps)
verification = Verification(
    "verification",
    target,
    settings.settle_seconds,
    after=[*services, *names, *(dumps.ready if dumps else ())],
)
pulumi.export("target", target)
pulumi.export("verified", verification.verified)
pulumi.export("urls", {s.spec.name: s.url for s in services})
