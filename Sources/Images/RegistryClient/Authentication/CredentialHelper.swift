import Glibc
import Linux
import OCI

/// A program `docker-credential-<name>` that keeps secrets elsewhere: a request on its standard input, an answer on its standard
/// output (docker/docker-credential-helpers).
struct CredentialHelper: Sendable {
    /// Seconds; one that asks somebody for a passphrase needs a few.
    static let greatestDuration = 60
    private static let greatestAnswer = 1 << 20

    let name: String

    /// - Throws: `CredentialHelperError` where the name could lead to a program elsewhere.
    init(_ name: String) throws(CredentialHelperError) {
        guard (1...64).contains(name.utf8.count),
            name.utf8.allSatisfy({
                (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0)
                    || "-_.".utf8.contains($0)
            })
        else { throw CredentialHelperError(program: shown(name), problem: "is not the name of a credential helper") }
        self.name = name
    }

    private var program: String { "docker-credential-\(name)" }

    /// What is kept for a server; nil where there is nothing.
    func get(_ server: String) throws(CredentialHelperError) -> Credential? {
        let (status, answer) = try run("get", Array(server.utf8))
        guard status == 0 else {
            let words = String(decoding: answer, as: UTF8.self)
            if words.contains("credentials not found") { return nil }
            throw failure("get", words)
        }
        guard let tree = try? JSONTree(json: answer, document: program), let user = tree["Username"]?.string,
            let secret = tree["Secret"]?.string
        else { throw CredentialHelperError(program: program, problem: "did not answer with a secret") }
        return user == "<token>" ? .identityToken(secret) : .password(user: user, password: secret)
    }

    func store(_ credential: Credential, for server: String) throws(CredentialHelperError) {
        let (user, secret) =
            switch credential {
            case .password(let user, let password): (user, password)
            case .identityToken(let token): ("<token>", token)
            }
        let entry = JSONTree.object([
            .init("ServerURL", .text(server)), .init("Username", .text(user)), .init("Secret", .text(secret)),
        ])
        let (status, answer) = try run("store", entry.json())
        guard status == 0 else { throw failure("store", String(decoding: answer, as: UTF8.self)) }
    }

    func erase(_ server: String) throws(CredentialHelperError) {
        let (status, answer) = try run("erase", Array(server.utf8))
        let words = String(decoding: answer, as: UTF8.self)
        guard status == 0 || words.contains("credentials not found") else { throw failure("erase", words) }
    }

    private func failure(_ operation: String, _ words: String) -> CredentialHelperError {
        let line = words.split(whereSeparator: \.isNewline).first ?? "without a word"
        return CredentialHelperError(program: "\(program) \(operation)", problem: "failed: \(shown(line))")
    }

    /// One request. The helper is ended where it takes too long.
    private func run(_ operation: String, _ input: [UInt8]) throws(CredentialHelperError) -> (Int32, [UInt8]) {
        do throws(SystemError) {
            let requests = try Pipe("a credential helper's input")
            let answers = try Pipe("a credential helper's output")
            let process = try ProcessPlan(program, [operation]).spawn(
                StandardStreams(input: requests.readEnd, output: answers.writeEnd))
            requests.closeReadEnd()
            answers.closeWriteEnd()
            do throws(SystemError) {
                // A request is far smaller than a pipe holds; a helper that ends without reading it says why by its status.
                _ = input.withUnsafeBytes { write(requests.writeEnd, $0.baseAddress, $0.count) }
                requests.closeWriteEnd()
                let answer = try read(answers.readEnd, from: process)
                return (try process.wait().shellStatus, answer)
            } catch {
                try? process.kill()
                _ = try? process.wait()
                throw error
            }
        } catch {
            throw CredentialHelperError(
                program: "\(program) \(operation)",
                problem: error.errno == ETIMEDOUT
                    ? "did not answer within \(Self.greatestDuration) s" : "\(error)")
        }
    }

    private func read(_ descriptor: Int32, from process: RunningProcess) throws(SystemError) -> [UInt8] {
        let deadline = HostClock.now() + UInt64(Self.greatestDuration) * 1_000_000_000
        var answer: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 16 << 10)
        while true {
            let now = HostClock.now()
            guard now < deadline, answer.count <= Self.greatestAnswer else {
                throw SystemError("run", program, errno: ETIMEDOUT)
            }
            var waited = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&waited, 1, Int32(min((deadline - now) / 1_000_000 + 1, 60_000))) > 0 else { continue }
            let count = try retryingOnInterrupt("read", program) { Glibc.read(descriptor, &buffer, buffer.count) }
            if count == 0 { return answer }
            answer += buffer.prefix(count)
        }
    }
}

/// A credential helper that could not help.
package struct CredentialHelperError: Error, Equatable, Sendable, CustomStringConvertible {
    package let program: String
    package let problem: String

    package var description: String { "\(program) \(problem)" }
}
