import Linux
package import Networks
import OCI

/// `isolab network create`, read.
package struct NetworkCreation: Equatable, Sendable {
    package var request: NetworkRequest

    /// - Parameters:
    ///   - subnets: `--subnet`; the ranges and gateways belong to the subnets that they are in.
    ///   - options: `--opt NAME=VALUE`: `mtu` and `parent`, also under the names that Docker has for them.
    package init(
        _ name: String, driver: String, subnets: [String], ranges: [String], gateways: [String], options: [String]
    ) throws(OptionError) {
        request = NetworkRequest(name: name)
        request.driver = driver
        for text in subnets {
            guard let subnet = Subnet(text) else {
                throw OptionError("--subnet", text, "is not a subnet, such as 10.1.0.0/16 or fd00:1::/64")
            }
            guard !request.pools.contains(where: { $0.subnet.isV4 == subnet.isV4 }) else {
                throw OptionError("--subnet", text, "a network has one subnet of IPv4 and one of IPv6")
            }
            request.pools.append(AddressPool(subnet, gateway: nil))
        }
        for text in ranges {
            guard let range = Subnet(text) else {
                throw OptionError("--ip-range", text, "is not a range, such as 10.1.2.0/24")
            }
            guard let index = request.pools.firstIndex(where: { $0.subnet.contains(range) }) else {
                throw OptionError("--ip-range", text, "is not a part of a --subnet")
            }
            request.pools[index].range = range
        }
        for text in gateways {
            guard let gateway = IPAddress(text) else {
                throw OptionError("--gateway", text, "is not an address, such as 10.1.0.1")
            }
            guard let index = request.pools.firstIndex(where: { $0.subnet.contains(gateway) }) else {
                throw OptionError("--gateway", text, "is not in a --subnet")
            }
            request.pools[index].gateway = gateway
        }
        for text in options {
            let (name, value) = text.cut(at: "=").map { (String($0.before), String($0.after)) } ?? (text, "")
            switch name {
            case "mtu", "com.docker.network.driver.mtu":
                guard let mtu = UInt32(value), (68...65535).contains(mtu) else {
                    throw OptionError("--opt", text, "mtu takes bytes from 68 to 65535")
                }
                request.mtu = mtu
            case "parent":
                guard Network.isDeviceName(value) else {
                    throw OptionError("--opt", text, "parent takes the name of a network device")
                }
                request.parent = value
            default: throw OptionError("--opt", text, "'\(name)' is not one of mtu, parent")
            }
        }
        if request.pools.contains(where: { $0.subnet.isV4 && $0.range == nil && $0.subnet.prefixLength < 8 }) {
            throw OptionError("--subnet", subnets.joined(separator: " "), "is larger than a /8")
        }
    }
}

extension NetworkCreation {
    package mutating func set(isInternal: Bool, hasV6: Bool, labels: [String: String]) {
        (request.isInternal, request.hasV6, request.labels) = (isInternal, hasV6, labels)
    }
}

extension NetworkJoin {
    /// `isolab network connect`, read.
    package init(
        _ network: String, ip: String?, ip6: String?, aliases: [String]
    ) throws(OptionError) {
        self.init(network)
        if let ip { addresses.append(try NetworkOptions.address("--ip", ip, isV4: true, "--ip")) }
        if let ip6 { addresses.append(try NetworkOptions.address("--ip6", ip6, isV4: false, "--ip6")) }
        for alias in aliases { self.aliases.append(try NetworkOptions.alias("--alias", alias)) }
    }
}
