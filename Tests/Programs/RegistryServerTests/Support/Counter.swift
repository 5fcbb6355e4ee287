import RegistryServer

/// A registry in this process, asked as its HTTP server asks it.
struct Counter {
    let registry: Registry
    let store: RegistryStore

    init(_ place: Place, _ change: (inout RegistrySettings) -> Void = { _ in }) throws {
        var settings = RegistrySettings()
        settings.allowsDeletion = true
        change(&settings)
        store = try RegistryStore(root: "\(place.path)/root")
        registry = Registry(store, settings)
    }

    init(_ registry: Registry) {
        self.registry = registry
        store = registry.store
    }

    /// - Returns: the answer; the body is taken whole where one is awaited.
    func ask(
        _ method: String, _ target: String, _ headers: [String: String] = [:], body: [UInt8] = [],
        peer: String = "", user: String? = nil
    ) -> RegistryResponse {
        let request = RegistryRequest(method: method, target: target, headers: headers, peer: peer, user: user)
        switch registry.begin(request) {
        case .answer(let answer): return answer
        case .receive(let receiver):
            do throws(RegistryFault) {
                try Self.give(body, to: receiver)
                return try receiver.finish()
            } catch {
                receiver.cut()
                return error.response
            }
        }
    }

    private static func give(_ body: [UInt8], to receiver: any BodyReceiver) throws(RegistryFault) {
        let result = body.withUnsafeBytes { buffer in
            Result { () throws(RegistryFault) in try receiver.receive(buffer) }
        }
        try result.get()
    }
}

extension RegistryResponse {
    subscript(_ name: String) -> String? { headers.first { $0.name.lowercased() == name }?.value }

    var bytes: [UInt8] {
        if case .bytes(let bytes) = body { return bytes }
        return []
    }
}
