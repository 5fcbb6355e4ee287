/// The rules of all networks of a data directory, as one table of nftables: a value, made anew of the records whenever these change,
/// and put in place of the last one in a single transaction. Rules of others are not touched.
package struct FirewallPlan: Equatable, Sendable {
    package var table: String
    package var networks: [Network]
    /// Of those in the networks.
    package var ports: [Destination]

    /// A published port and where it leads.
    package struct Destination: Equatable, Sendable {
        package var port: PublishedPort
        package var address: IPAddress

        package init(_ port: PublishedPort, to address: IPAddress) {
            self.port = port
            self.address = address
        }
    }

    /// - Parameter networks: routed ones, with those in them.
    package init(table: String, _ networks: [(network: Network, endpoints: [Endpoint])]) {
        self.table = table
        self.networks = networks.map(\.network)
        ports = networks.flatMap(\.endpoints).flatMap { endpoint in
            endpoint.ports.flatMap { port in
                // One of every address is one of every family that the container has.
                endpoint.addresses.filter { port.isOf(v4: $0.isV4) }.map {
                    Destination(port, to: $0)
                }
            }
        }
    }

    /// What `nft -f` reads. Names of devices have no characters that mean something there (`Network.isDeviceName`).
    ///
    /// Who arrives for a loopback's address comes from a neighbour, who has no business there: led to a container, he would be past the place
    /// where the kernel turns him away.
    package var document: String {
        let pools = networks.flatMap { network in network.pools.map { (network, $0) } }
        func sources(isV4: Bool) -> [String] {
            pools.filter { $0.1.subnet.isV4 == isV4 && !$0.0.isInternal }.map { "\($0.1.subnet)" }
        }
        let bridges = networks.map { "\"\($0.device)\"" }
        let isolated = networks.filter(\.isInternal).map { "\"\($0.device)\"" }
        // Nobody speaks from an address that is not his network's.
        let origins = networks.map { network in
            var lines = "    iifname \"\(network.device)\" "
            lines += network.v4.map { "ip saddr != \($0.subnet) drop\n" } ?? "meta nfproto ipv4 drop\n"
            lines += "    iifname \"\(network.device)\" ip6 saddr != { fe80::/10, ::"
            return lines + (network.v6.map { ", \($0.subnet)" } ?? "") + " } drop\n"
        }.joined()
        return """
            table inet \(table)
            delete table inet \(table)
            table inet \(table) {
              set bridges { type ifname; \(elements(bridges))}
              set same { type ifname . ifname; \(elements(bridges.map { "\($0) . \($0)" }))}
              set internal { type ifname; \(elements(isolated))}
              set sources4 { type ipv4_addr; flags interval; \(elements(sources(isV4: true)))}
              set sources6 { type ipv6_addr; flags interval; \(elements(sources(isV4: false)))}
              map addressed4 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; \(map(isV4: true, addressed: true))}
              map addressed6 { type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service; \(map(isV4: false, addressed: true))}
              map ports4 { type inet_proto . inet_service : ipv4_addr . inet_service; \(map(isV4: true, addressed: false))}
              map ports6 { type inet_proto . inet_service : ipv6_addr . inet_service; \(map(isV4: false, addressed: false))}
              chain early {
                type filter hook prerouting priority raw; policy accept;
                iifname @bridges ip daddr 127.0.0.0/8 drop
                iifname @bridges icmpv6 type { nd-router-advert, nd-redirect } drop
            \(origins)  }
              chain forward {
                type filter hook forward priority filter; policy accept;
                ct state established,related accept
                iifname . oifname @same accept
                iifname @internal drop
                oifname @internal drop
                oifname @bridges ct status dnat accept
                oifname @bridges drop
              }
              chain published {
                dnat ip to ip daddr . meta l4proto . th dport map @addressed4
                dnat ip to meta l4proto . th dport map @ports4
                dnat ip6 to ip6 daddr . meta l4proto . th dport map @addressed6
                dnat ip6 to meta l4proto . th dport map @ports6
              }
              chain arriving {
                type nat hook prerouting priority dstnat; policy accept;
                ip daddr 127.0.0.0/8 return
                fib daddr type local jump published
              }
              chain local {
                type nat hook output priority -100; policy accept;
                fib daddr type local jump published
              }
              chain leaving {
                type nat hook postrouting priority srcnat; policy accept;
                oifname @bridges ip saddr 127.0.0.0/8 masquerade
                oifname @bridges ip saddr @sources4 ip daddr @sources4 ct status dnat masquerade
                oifname != @bridges ip saddr @sources4 masquerade
                oifname @bridges ip6 saddr @sources6 ip6 daddr @sources6 ct status dnat masquerade
                oifname != @bridges ip6 saddr @sources6 masquerade
              }
            }

            """
    }

    private func elements(_ texts: [String]) -> String {
        texts.isEmpty ? "" : "elements = { \(texts.joined(separator: ", ")) } "
    }

    private func map(isV4: Bool, addressed: Bool) -> String {
        elements(
            ports.filter { $0.address.isV4 == isV4 && $0.port.isOfEveryAddress != addressed }.map { destination in
                let port = destination.port
                let address = addressed ? port.address.map { "\($0) . " } ?? "" : ""
                let outside = address + "\(port.transport.rawValue) . \(port.port)"
                return "\(outside) : \(destination.address) . \(port.containerPort)"
            })
    }
}
