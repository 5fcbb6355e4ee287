import Linux
import OCI

extension RegistryClient {
    /// Fetches what an address gives, without credentials: a file that a Containerfile names, or a layer that lies elsewhere than in
    /// its registry.
    ///
    /// - Parameters:
    ///   - text: by https, or by http where whoever names it says so.
    ///   - limit: bytes; what is greater is refused.
    ///   - take: gets the content, piece by piece.
    package func fetch(
        _ text: String, limit: Int64 = 16 << 30, _ take: @escaping (UnsafeRawBufferPointer) throws -> Void
    ) throws {
        let operation = "fetch \(shown(text))"
        guard var address = HTTPAddress(text) else {
            throw RegistryClientError(.unusable, operation, problem: "is not an http or https URL")
        }
        let policy = RedirectPolicy { [options] in
            options.insecureRegistries.contains($0.host.lowercased()) || $0.isLoopback
        }
        let transport = HTTPTransport(limits: options.limits, cancellation: options.cancellation)
        var count = 0
        while true {
            var received: Int64 = 0
            let response = try transport.exchange(HTTPRequest(.get, address)) { head in
                guard head.status == 200 else { return nil }
                return { bytes in
                    received = (received +| Int64(bytes.count))
                    guard received <= limit else {
                        throw RegistryClientError(
                            .hostile, operation, at: address, problem: "more than \(limit) bytes were received")
                    }
                    try take(bytes)
                }
            }
            if response.status == 200 { return }
            guard response.head.isRedirect else { throw RegistryClientError(operation, response, advice: nil) }
            switch policy.decide(response.head, from: address, of: .get, count: count) {
            case .refuse(let reason):
                throw RegistryClientError(.hostile, operation, at: address, problem: reason)
            case .follow(let next):
                address = next
                count += 1
            }
        }
    }
}
