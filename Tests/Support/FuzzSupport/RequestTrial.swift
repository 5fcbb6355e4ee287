import Glibc
import RegistryServer

/// Sends any bytes to a registry as requests: a line each, its fields between tabs: method, target, headers `name: value`, and
/// behind `|` the body. In a target, `@` is the place of the upload that was begun last.
///
/// What must hold: each is answered, with a status there is, and no upload is longer than blobs may be.
package struct RequestTrial: Sendable {
    private let registry: Registry
    private let root: String

    package init() {
        // In memory: what is stored is synced to the disk at every turn.
        root = ScratchDirectory.make(in: "/dev/shm")
        var settings = RegistrySettings()
        settings.allowsDeletion = true
        settings.requiresContent = false
        settings.greatestBlob = 4096
        settings.greatestUploadCount = 8
        settings.hosts = HostPolicy(names: ["registry.example"])
        do { registry = Registry(try RegistryStore(root: root), settings) } catch { fatalError("\(error)") }
    }

    package func violation(by bytes: UnsafeBufferPointer<UInt8>) -> String? {
        for answer in answers(to: bytes) {
            guard (200..<600).contains(answer.status) else { return "status \(answer.status)" }
            guard answer.contentLength >= 0 else { return "a length of \(answer.contentLength)" }
        }
        return tidy()
    }

    /// What the requests of an input are answered with. A trial whose requests are all refused tries little.
    package func statuses(of bytes: UnsafeBufferPointer<UInt8>) -> [Int] {
        defer { _ = tidy() }
        return answers(to: bytes).map(\.status)
    }

    private func answers(to bytes: UnsafeBufferPointer<UInt8>) -> [RegistryResponse] {
        var place = ""
        var answers: [RegistryResponse] = []
        for line in bytes.split(separator: UInt8(ascii: "\n")).prefix(24) {
            let halves = line.split(separator: UInt8(ascii: "|"), maxSplits: 1, omittingEmptySubsequences: false)
            let fields = halves[0].split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map {
                String(decoding: $0, as: UTF8.self)
            }
            guard fields.count >= 2 else { continue }
            var headers: [String: String] = [:]
            for field in fields.dropFirst(2) {
                guard let colon = field.firstIndex(of: ":") else { continue }
                headers[field[..<colon].lowercased()] = String(field[field.index(after: colon)...].drop { $0 == " " })
            }
            let target = fields[1].split(separator: "@", omittingEmptySubsequences: false).joined(separator: place)
            let answer = answer(
                RegistryRequest(method: fields[0], target: target, headers: headers, peer: "192.0.2.1"),
                halves.count == 2 ? Array(halves[1]) : [])
            if let location = answer.headers.first(where: { $0.name == "Location" })?.value { place = location }
            answers.append(answer)
        }
        return answers
    }

    private func answer(_ request: RegistryRequest, _ body: [UInt8]) -> RegistryResponse {
        switch registry.begin(request) {
        case .answer(let answer): return answer
        case .receive(let receiver):
            do throws(RegistryFault) {
                let result = body.withUnsafeBytes { buffer in
                    Result { () throws(RegistryFault) in try receiver.receive(buffer) }
                }
                try result.get()
                return try receiver.finish()
            } catch {
                receiver.cut()
                return error.response
            }
        }
    }

    /// Ends the uploads that are left.
    private func tidy() -> String? {
        guard let stream = opendir("\(root)/ingest") else { return "the directory is gone" }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name.hasPrefix(".") { continue }
            var status = stat()
            if stat("\(root)/ingest/\(name)", &status) == 0, status.st_size > 4096 {
                return "an upload of \(status.st_size)"
            }
            for repository in ["a", "a/b"] {
                _ = answer(
                    RegistryRequest(method: "DELETE", target: "/v2/\(repository)/blobs/uploads/\(name)", headers: [:]),
                    [])
            }
            unlink("\(root)/ingest/\(name)")
        }
        return nil
    }
}
