"""Everything the provider has for networks, load balancers and volumes."""

from __future__ import annotations

import pulumi
import pulumi_hcloud as hcloud

config = pulumi.Config()

network = hcloud.Network("private", name="private", ip_range=config.require("range"))
number = network.id.apply(int)
subnet = hcloud.NetworkSubnet(
    "subnet",
    network_id=number,
    type="cloud",
    network_zone="eu-central",
    ip_range="10.0.1.0/24",
)
hcloud.NetworkRoute("route", network_id=number, destination="192.168.5.0/24", gateway="10.0.1.5")
server = hcloud.Server("web", name="web", server_type="cx23", image="debian-12", location="fsn1")
membership = hcloud.ServerNetwork(
    "membership",
    server_id=server.id.apply(int),
    subnet_id=subnet.id,
    ip="10.0.1.5",
    alias_ips=config.require_object("aliases"),
)
inside = hcloud.Server(
    "inside",
    name="inside",
    server_type="cx23",
    image="debian-12",
    location="fsn1",
    public_nets=[hcloud.ServerPublicNetArgs(ipv4_enabled=False, ipv6_enabled=False)],
    networks=[hcloud.ServerNetworkArgs(network_id=number, ip="10.0.1.7", alias_ips=[])],
    opts=pulumi.ResourceOptions(depends_on=[subnet]),
)
front = hcloud.LoadBalancer(
    "front",
    name="front",
    load_balancer_type=config.require("type"),
    location="fsn1",
    algorithm=hcloud.LoadBalancerAlgorithmArgs(type="least_connections"),
)
attached = hcloud.LoadBalancerNetwork(
    "attached", load_balancer_id=front.id.apply(int), subnet_id=subnet.id, ip="10.0.1.9"
)
hcloud.LoadBalancerService(
    "http",
    load_balancer_id=front.id,
    protocol="http",
    listen_port=80,
    destination_port=config.require_int("port"),
    health_check=hcloud.LoadBalancerServiceHealthCheckArgs(
        protocol="http",
        port=8080,
        interval=5,
        timeout=3,
        retries=2,
        http=hcloud.LoadBalancerServiceHealthCheckHttpArgs(
            path="/health", status_codes=["200"], domain="api.example.test"
        ),
    ),
    http=hcloud.LoadBalancerServiceHttpArgs(sticky_sessions=True, cookie_name="STICK"),
)
hcloud.LoadBalancerTarget(
    "web",
    type="server",
    load_balancer_id=front.id.apply(int),
    server_id=server.id.apply(int),
    use_private_ip=True,
    opts=pulumi.ResourceOptions(depends_on=[attached, membership]),
)
hcloud.LoadBalancerTarget(
    "labelled",
    type="label_selector",
    load_balancer_id=front.id.apply(int),
    label_selector="role=web",
)
volume = hcloud.Volume(
    "data", name="data", size=config.require_int("size"), location="fsn1", format="ext4"
)
hcloud.VolumeAttachment("data", volume_id=volume.id.apply(int), server_id=server.id.apply(int))
pulumi.export("address", front.ipv4)
pulumi.export("private", attached.ip)
pulumi.export("device", volume.linux_device)
