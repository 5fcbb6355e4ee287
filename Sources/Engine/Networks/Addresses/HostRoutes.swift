package import Linux

/// What the host reaches by routes of its own: subnets that a network must not take.
package enum HostRoutes {
    /// The destinations of all routes, but for those to everywhere.
    package static func destinations(_ answers: [RouteConversation.Answer]) -> [Subnet] {
        answers.compactMap { answer in
            // RTM_NEWROUTE and `struct rtmsg`.
            guard answer.type == 24, answer.payload.count >= 12 else { return nil }
            let (length, type) = (Int(answer.payload[1]), answer.payload[7])
            // Unicast, and local addresses; multicast and the like are everybody's.
            guard length > 0, type == 1 || type == 2,
                let address = answer.attributes(after: 12)[1].flatMap({ IPAddress(bytes: $0) })
            else { return nil }
            return Subnet(address, prefixLength: length)
        }
    }

    package static func read() throws(SystemError) -> [Subnet] {
        var conversation = try RouteConversation()
        return destinations(try conversation.perform([RouteMessage.listRoutes]))
    }
}
