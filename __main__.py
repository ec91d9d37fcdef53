"""The platform of nutri, from an empty project to a verified, running app."""

import pulumi

from infra import guard, maintenance, marked, members, outputs, preflight, service
from infra.dumps import Dumps
from infra.fleet import Fleet
from infra.front import Front
from infra.platform import Platform
from infra.verification import Verification

stack = pulumi.get_stack()
name = preflight.server_name(stack)
settings, choice = preflight.run(stack)
guard.install(settings, choice, name)
marked.install(settings.labels)

fleet = Fleet(name, settings, choice)
platform = Platform(fleet.first, settings)
places = members.places(fleet, platform, settings)
specs = service.specs(settings)
pages = maintenance.pages(settings, specs, fleet.hosts, [platform.instance], places)
dumps = Dumps(fleet.first, platform, settings) if settings.dumps else None
restored = dumps.restored if dumps else ()
services = service.build(specs, places, platform, after=restored)
front = Front(settings, fleet, places, services)
settled = [each.settle(front.ready) for each in services]

target = outputs.target(settings, fleet, platform, services, front, dumps)
verification = Verification(
    "verification",
    target,
    service.patience(settings),
    after=[*services, *front.ready, *settled, *pages, *(dumps.ready if dumps else ())],
)
pulumi.export("target", target)
pulumi.export("verified", verification.verified)
pulumi.export("urls", {s.spec.name: s.url for s in services if s.url})
