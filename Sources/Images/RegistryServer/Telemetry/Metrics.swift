import Content
import Linux
import OCI
import Synchronization

/// What a registry counts, in the text form that Prometheus reads (exposition format 0.0.4).
package final class Metrics: Sendable {
    private struct Key: Hashable {
        var method: String
        var endpoint: String
        var status: Int
    }

    private struct Duration {
        /// How many took at most the bound of the same index; those beyond the last are in one more.
        var counts = Array(repeating: 0, count: Metrics.bounds.count + 1)
        var sum = 0.0
    }

    private struct State {
        var requests: [Key: Int] = [:]
        var received: Int64 = 0
        var sent: Int64 = 0
        /// By endpoint.
        var durations: [String: Duration] = [:]
        var refusals = 0
        var active = 0
        var stored: (blobs: Int, bytes: Int64) = (0, 0)
        var storedAt: UInt64?
    }

    /// Seconds.
    private static let bounds: [Double] = [0.001, 0.005, 0.025, 0.1, 0.5, 2.5, 10, 60]
    private let state = Mutex(State())

    package init() {}

    package func begin() { state.withLock { $0.active += 1 } }

    package func refuse() { state.withLock { $0.refusals += 1 } }

    package func end(_ entry: AccessEntry) {
        // The method is the client's word: only known ones become labels.
        let method = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].contains(entry.method) ? entry.method : "other"
        let endpoint = Registry.label(of: entry.target)
        state.withLock { state in
            state.active -= 1
            state.requests[Key(method: method, endpoint: endpoint, status: entry.status), default: 0] += 1
            state.received +|= entry.received
            state.sent +|= entry.sent
            let index = Self.bounds.firstIndex { entry.seconds <= $0 } ?? Self.bounds.count
            state.durations[endpoint, default: Duration()].counts[index] += 1
            state.durations[endpoint, default: Duration()].sum += entry.seconds
        }
    }

    /// The whole text. What the store holds is counted at most once a minute.
    package func text(of registry: Registry) -> String {
        let now = HostClock.now()
        let isDue = state.withLock { state in
            guard state.storedAt.map({ now - $0 > 60_000_000_000 }) != false else { return false }
            state.storedAt = now
            return true
        }
        if isDue {
            let stored = registry.store.size()
            state.withLock { $0.stored = stored }
        }
        return state.withLock { Self.render($0, activeUploads: registry.activeUploads) }
    }

    private static func render(_ state: State, activeUploads: Int) -> String {
        var lines: [String] = []
        func family(_ name: String, _ type: String, _ help: String) {
            lines.append("# HELP isolab_registry_\(name) \(help)")
            lines.append("# TYPE isolab_registry_\(name) \(type)")
        }
        func sample(_ name: String, _ value: some CustomStringConvertible, _ labels: String = "") {
            lines.append("isolab_registry_\(name)\(labels) \(value)")
        }
        family("requests_total", "counter", "Requests answered.")
        let keys = state.requests.keys.sorted {
            ($0.endpoint, $0.method, $0.status) < ($1.endpoint, $1.method, $1.status)
        }
        for key in keys {
            let labels = "{endpoint=\"\(key.endpoint)\",method=\"\(key.method)\",status=\"\(key.status)\"}"
            sample("requests_total", state.requests[key] ?? 0, labels)
        }
        family("request_seconds", "histogram", "Time from a request's head to the end of its answer.")
        for (endpoint, duration) in state.durations.sorted(by: { $0.key < $1.key }) {
            var total = 0
            for (index, count) in duration.counts.enumerated() {
                total += count
                let bound = index < bounds.count ? "\(bounds[index])" : "+Inf"
                sample("request_seconds_bucket", total, "{endpoint=\"\(endpoint)\",le=\"\(bound)\"}")
            }
            sample("request_seconds_sum", duration.sum, "{endpoint=\"\(endpoint)\"}")
            sample("request_seconds_count", total, "{endpoint=\"\(endpoint)\"}")
        }
        let single: [(String, String, String, Int64)] = [
            ("received_bytes_total", "counter", "Bytes of bodies received.", state.received),
            ("sent_bytes_total", "counter", "Bytes of bodies sent.", state.sent),
            ("refused_logins_total", "counter", "Requests with a wrong name or password.", Int64(state.refusals)),
            ("active_requests", "gauge", "Requests that are being answered.", Int64(state.active)),
            ("active_uploads", "gauge", "Requests that are writing to an upload.", Int64(activeUploads)),
            ("stored_blobs", "gauge", "Blobs in the store, counted once a minute.", Int64(state.stored.blobs)),
            ("stored_bytes", "gauge", "Bytes of the blobs, counted once a minute.", state.stored.bytes),
        ]
        for (name, type, help, value) in single {
            family(name, type, help)
            sample(name, value)
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Registry {
    /// What kind of endpoint a target names, for figures.
    static func label(of target: String) -> String {
        guard let target = RequestTarget(target), let endpoint = try? RegistryPath(target.path) else { return "other" }
        return switch endpoint {
        case .base: "base"
        case .catalog: "catalog"
        case .blob: "blob"
        case .manifest: "manifest"
        case .uploads: "uploads"
        case .upload: "upload"
        case .tags: "tags"
        case .referrers: "referrers"
        }
    }
}

extension RegistryStore {
    /// How many blobs there are, and their bytes.
    func size() -> (blobs: Int, bytes: Int64) {
        let sizes = ((try? content.digests()) ?? []).compactMap { content.size(of: $0) }
        return (sizes.count, sizes.reduce(0, +|))
    }
}
