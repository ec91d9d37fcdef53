"""The platform of nutri, from an empty project to a verified, running app."""

import pulumi

from infra import outputs, resource_labels
from infra.app import service
from infra.backup.dumps import Dumps
from infra.coolify.platform import Platform
from infra.guard import preflight, transform
from infra.ingress import maintenance
from infra.ingress.ingress import Ingress
from infra.servers import workers
from infra.servers.fleet import Fleet
from infra.verification import Verification

name = preflight.server_name(pulumi.get_stack())
settings, choice = preflight.run(pulumi.get_stack())
transform.install(settings, choice, name)
resource_labels.install(settings.labels)

fleet = Fleet(name, settings, choice)
platform = Platform(fleet.first, settings)
places = workers.places(fleet, platform, settings)
specs = service.specs(settings)
pages = maintenance.pages(settings, specs, fleet.hosts, [platform.instance], places)
dumps = Dumps(fleet.first, platform, settings) if settings.dumps else None
services = service.build(specs, places, platform, after=dumps.restored if dumps else ())
ingress = Ingress(settings, fleet, places, services)
settled = [each.settle(ingress.ready) for each in services]

target = outputs.target(settings, fleet, platform, services, ingress, dumps)
verification = Verification(
    "verification",
    target,
    service.patience(settings),
    after=[*services, *ingress.ready, *settled, *pages, *(dumps.ready if dumps else ())],
)
pulumi.export("target", target)
pulumi.export("verified", verification.verified)
pulumi.export("urls", {s.spec.name: s.url for s in services if s.url})
