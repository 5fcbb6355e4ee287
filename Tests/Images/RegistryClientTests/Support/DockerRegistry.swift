import Glibc
import Linux
import Testing

/// Debian's docker-registry, started for one test.
final class DockerRegistry {
    enum Kind {
        case plain
        /// Basic authentication by htpasswd, with the user `ada` and the password `pass:word`.
        case password
    }

    static let user = "ada"
    static let password = "pass:word"

    var port: UInt16 { process.port }
    private let process: ServerProcess

    /// `127.0.0.1:port`
    var name: String { "127.0.0.1:\(port)" }

    /// - Parameter asksForCertificates: clients must show one of the same authority.
    init(
        _ kind: Kind = .plain, certificate: TestCertificate? = nil, asksForCertificates: Bool = false, in place: Place
    ) throws {
        let mark = UInt32.random(in: 0...UInt32.max)
        var text = """
            version: 0.1
            log: {level: info, accesslog: {disabled: true}}
            storage:
              filesystem: {rootdirectory: \(place.path)/registry-\(mark)}
              delete: {enabled: true}
            http:
              addr: 127.0.0.1:0

            """
        if let certificate {
            let clients = asksForCertificates ? ", clientcas: [\(certificate.authority)]" : ""
            text += "  tls: {certificate: \(certificate.certificate), key: \(certificate.key)\(clients)}\n"
        }
        if case .password = kind {
            let file = "\(place.path)/htpasswd"
            try place.run(["htpasswd", "-Bbc", file, Self.user, Self.password])
            text += "auth: {htpasswd: {realm: test, path: \(file)}}\n"
        }
        let configuration = try place.write(text, to: "registry-\(mark).yml")
        process = try ServerProcess(
            ["docker-registry", "serve", configuration], log: "\(place.path)/registry-\(mark).log")
    }
}

/// A certificate for 127.0.0.1 and the authority that signed it.
struct TestCertificate {
    let authority: String
    let certificate: String
    let key: String

    init(in place: Place) throws {
        let path = place.path
        authority = "\(path)/authority/ca.crt"
        certificate = "\(path)/server.crt"
        key = "\(path)/server.key"
        try SystemFile.makeDirectories("\(path)/authority")
        let extensions = try place.write("subjectAltName=IP:127.0.0.1,DNS:localhost\n", to: "extensions")
        try place.run([
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=Test authority",
            "-keyout", "\(path)/ca.key", "-out", authority,
        ])
        try place.run([
            "openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1", "-keyout", key, "-out",
            "\(path)/server.csr",
        ])
        try place.run([
            "openssl", "x509", "-req", "-in", "\(path)/server.csr", "-CA", authority, "-CAkey", "\(path)/ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", extensions, "-out", certificate,
        ])
    }

    /// Puts a client's certificate beside the authority.
    func makeClient(in place: Place) throws {
        try place.run([
            "openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=ada", "-keyout", "\(directory)/ada.key",
            "-out", "\(place.path)/ada.csr",
        ])
        try place.run([
            "openssl", "x509", "-req", "-in", "\(place.path)/ada.csr", "-CA", authority, "-CAkey",
            "\(place.path)/ca.key", "-CAcreateserial", "-days", "2", "-out", "\(directory)/ada.cert",
        ])
    }

    /// The directory that holds the authority alone, as `--cert-dir` takes it.
    var directory: String { String(authority.dropLast("/ca.crt".count)) }
}
