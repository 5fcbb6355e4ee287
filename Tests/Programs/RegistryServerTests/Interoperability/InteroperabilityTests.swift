import Glibc
import Linux
import OCI
import Testing

/// The clients that people have: skopeo, podman and curl, over plain HTTP and over TLS with a password.
@Suite(
    .enabled(
        if: Tools.exist("skopeo", "curl", "openssl", "htpasswd"), "skopeo, curl, openssl or htpasswd is not installed"))
struct InteroperabilityTests {
    /// A layout of one image, made by hand, for skopeo to push.
    private func layout(_ place: Place) throws -> String {
        let directory = "\(place.path)/layout"
        try SystemFile.makeDirectories("\(directory)/blobs/sha256")
        func blob(_ bytes: [UInt8]) throws -> Descriptor {
            let descriptor = Descriptor(.layer, of: bytes)
            let file = try OwnedDescriptor(
                opening: "\(directory)/blobs/sha256/\(descriptor.digest.hexadecimal)", O_WRONLY | O_CREAT | O_TRUNC)
            try SystemFile.write(bytes, to: file.number, directory)
            return descriptor
        }
        let tar = try place.shell(
            "mkdir tree && head -c 3000000 /dev/urandom > tree/file && tar -C tree -cf layer.tar file")
        try #require(tar.status == 0)
        let layer = try blob(SystemFile.bytes(of: "\(place.path)/layer.tar"))
        var config = try blob(
            Array(
                #"{"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["\#(layer.digest)"]}}"#
                    .utf8))
        config.mediaType = .imageConfiguration
        var manifest = try blob(ImageManifest(config: config, layers: [layer]).json())
        manifest.mediaType = .imageManifest
        manifest.annotations = [Annotation.referenceName: "v1"]
        _ = try place.write(
            String(decoding: ImageIndex(manifests: [manifest]).json(), as: UTF8.self), to: "layout/index.json")
        _ = try place.write(String(decoding: ImageLayout().json(), as: UTF8.self), to: "layout/oci-layout")
        return directory
    }

    /// A server with TLS and a password; its certificate is in `certs/ca.crt`.
    private func secured(_ place: Place) throws -> RegistryProcess {
        let made = try place.shell(
            """
            mkdir certs && openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 \
              -subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' && cp cert.pem certs/ca.crt &&
            htpasswd -cbB -C 5 users ana secret
            """)
        try #require(made.status == 0, "\(made.output)")
        return try RegistryProcess(
            place,
            [
                "--tls-cert", "\(place.path)/cert.pem", "--tls-key", "\(place.path)/key.pem", "--htpasswd",
                "\(place.path)/users",
            ])
    }

    private func run(_ place: Place, _ line: String) throws -> String {
        let result = try place.shell(line)
        try #require(result.status == 0, "\(line): \(result.output)")
        return result.output
    }

    /// skopeo pushes, inspects, copies to another repository, pulls and deletes; what comes back is what went.
    @Test func skopeo() throws {
        let place = try Place()
        let layout = try layout(place)
        let server = try RegistryProcess(place)
        let there = "docker://127.0.0.1:\(server.port)"
        _ = try run(place, "skopeo copy --preserve-digests --dest-tls-verify=false oci:\(layout):v1 \(there)/one:v1")
        #expect(try run(place, "skopeo inspect --tls-verify=false \(there)/one:v1").contains("\"v1\""))
        _ = try run(
            place,
            "skopeo copy --preserve-digests --src-tls-verify=false --dest-tls-verify=false \(there)/one:v1 \(there)/deep/er/two:v2"
        )
        _ = try run(place, "skopeo copy --preserve-digests --src-tls-verify=false \(there)/deep/er/two:v2 oci:back:v1")
        #expect(
            try run(place, "cd layout/blobs/sha256 && for f in *; do cmp $f ../../../back/blobs/sha256/$f; done") == "")
        _ = try run(place, "skopeo delete --tls-verify=false \(there)/one:v1")
        #expect(try place.shell("skopeo inspect --tls-verify=false \(there)/one:v1").status != 0)
        #expect(try run(place, "skopeo list-tags --tls-verify=false \(there)/deep/er/two").contains("v2"))
    }

    /// The same over TLS with a password; without it, or with a wrong one, nothing comes out.
    @Test func skopeoOverTLS() throws {
        let place = try Place()
        let layout = try layout(place)
        let server = try secured(place)
        let there = "docker://localhost:\(server.port)/one:v1"
        _ = try run(
            place,
            "skopeo copy --preserve-digests --dest-cert-dir certs --dest-creds ana:secret oci:\(layout):v1 \(there)")
        _ = try run(
            place, "skopeo copy --preserve-digests --src-cert-dir certs --src-creds ana:secret \(there) oci:back:v1")
        #expect(
            try run(place, "cd layout/blobs/sha256 && for f in *; do cmp $f ../../../back/blobs/sha256/$f; done") == "")
        #expect(try place.shell("skopeo inspect --cert-dir certs --creds ana:wrong \(there)").status != 0)
        #expect(try place.shell("skopeo inspect --cert-dir certs --no-creds \(there)").status != 0)
        #expect(try place.shell("skopeo inspect --creds ana:secret \(there)").output.contains("certificate"))
    }

    /// Whoever has no password is told so, with how to come by access, and sees nothing else.
    @Test func challenge() throws {
        let place = try Place()
        _ = try place.shell("htpasswd -cbB -C 5 users ana secret")
        let server = try RegistryProcess(place, ["--htpasswd", "\(place.path)/users"])
        let shop = RegistryFixture(server.http)
        for (method, target) in [("GET", "/v2/"), ("GET", "/v2/_catalog"), ("POST", "/v2/a/blobs/uploads/")] {
            let answer = try shop.expect(shop.send(method, target), 401, code: "UNAUTHORIZED")
            #expect(answer["www-authenticate"]?.hasPrefix("Basic realm=") == true)
            #expect(answer["docker-distribution-api-version"] == "registry/2.0")
        }
        try shop.expect(shop.send("GET", "/v2/", [("Authorization", "Basic YW5hOnNlY3JldA==")]), 200)
        try shop.expect(shop.send("GET", "/v2/", [("Authorization", "Basic YW5hOndyb25n")]), 401)
        try shop.expect(shop.send("GET", "/healthz"), 200)
        // A user that is added is known without a restart, within a second or two.
        _ = try place.shell("htpasswd -bB -C 5 users bob other")
        var status = 0
        for _ in 0..<20 {
            guard status != 200 else { break }
            status = try shop.send("GET", "/v2/", [("Authorization", "Basic Ym9iOm90aGVy")]).status
            if status != 200 { usleep(200_000) }
        }
        #expect(status == 200)
    }

    /// podman pushes and pulls over plain HTTP, and over TLS with a password after `podman login`.
    @Test(
        .enabled(if: geteuid() == 0, "podman's storage here needs root"),
        .enabled(if: Tools.exist("podman"), "podman is not installed"))
    func podman() throws {
        let place = try Place()
        let layout = try layout(place)
        let podman =
            "podman --root $place/store --runroot $place/run --storage-driver vfs --cgroup-manager cgroupfs --events-backend none"
        let plain = try RegistryProcess(place)
        _ = try run(place, "\(podman) pull -q oci:\(layout):v1 && \(podman) tag $(\(podman) images -q) img")
        let one = "127.0.0.1:\(plain.port)/team/one:v1"
        _ = try run(place, "\(podman) push -q --tls-verify=false img \(one)")
        _ = try run(place, "\(podman) rmi -af && \(podman) pull -q --tls-verify=false \(one)")
        let other = try Place()
        let secured = try secured(other)
        let directory = other.path
        let two = "localhost:\(secured.port)/team/two:v1"
        let login = "\(podman) login --authfile $place/auth.json --cert-dir \(directory)/certs"
        #expect(try place.shell("\(login) -u ana -p wrong localhost:\(secured.port)").status != 0)
        _ = try run(place, "\(login) -u ana -p secret localhost:\(secured.port)")
        let access = "--authfile $place/auth.json --cert-dir \(directory)/certs"
        _ = try run(
            place,
            "\(podman) push -q \(access) \(one) \(two) && \(podman) rmi -af && \(podman) pull -q \(access) \(two)")
        #expect(try run(place, "\(podman) images -q").split(separator: "\n").count == 1)
    }

    /// isolab's own client over TLS with a password: its first question is a HEAD, which is refused until it has logged in.
    @Test func isolabOverTLS() throws {
        let place = try Place()
        let layout = try layout(place)
        let plain = try RegistryProcess(place)
        _ = try run(
            place,
            "skopeo copy --preserve-digests --dest-tls-verify=false oci:\(layout):v1 docker://127.0.0.1:\(plain.port)/one:v1"
        )
        let other = try Place()
        let secured = try secured(other)
        let client = RegistryProcess.path.replacing("isolab-registry", with: "isolab-transfer")
        let access = "--authfile $place/auth.json --cert-dir \(other.path)/certs"
        _ = try run(
            place, "echo secret | \(client) login \(access) -u ana --password-stdin localhost:\(secured.port)")
        _ = try run(
            place, "\(client) copy -q \(access) localhost:\(plain.port)/one:v1 localhost:\(secured.port)/two:v1")
        _ = try run(
            place,
            "skopeo copy --preserve-digests --src-cert-dir \(other.path)/certs --src-creds ana:secret docker://localhost:\(secured.port)/two:v1 oci:back:v1"
        )
        #expect(
            try run(place, "cd layout/blobs/sha256 && for f in *; do cmp $f ../../../back/blobs/sha256/$f; done") == "")
    }

    /// What is answered to HEAD has no body, who is let in or not: behind it stands the next answer.
    @Test(arguments: ["", "Authorization: Basic YW5hOndyb25n\r\n", "Authorization: Basic YW5hOnNlY3JldA==\r\n"])
    func headHasNoBody(authorization: String) throws {
        let place = try Place()
        _ = try run(place, "htpasswd -cbB -C 5 users ana secret")
        let server = try RegistryProcess(place, ["--htpasswd", "\(place.path)/users"])
        let head = "HEAD /v2/ HTTP/1.1\r\nHost: localhost\r\n\(authorization)"
        _ = try place.write(head + "\r\n" + head + "Connection: close\r\n\r\n", to: "requests")
        let said = try run(
            place, "bash -c 'exec 3<>/dev/tcp/127.0.0.1/\(server.port); cat requests >&3; timeout 20 cat <&3'")
        let lines = said.split(separator: "\r\n", omittingEmptySubsequences: false)
        #expect(lines.count { $0.hasPrefix("HTTP/1.1 ") } == 2 && !said.contains("{"), "\(said)")
    }

    /// Who asks for another protocol is answered in this one, and told that the connection ends: nothing behind it is lost unsaid.
    @Test func upgrade() throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        let base = "http://localhost:\(server.port)/v2/"
        let said = try run(
            place, "curl -s -m 20 --http2 -o /dev/null -w '%{http_code} ' \(base) -o /dev/null \(base)_catalog")
        #expect(said == "200 200 ", "\(said)")
    }

    /// curl goes on with a download that was cut off, over plain HTTP (sendfile) and over TLS; and sends a large blob after asking
    /// first (`Expect: 100-continue`).
    @Test(arguments: [false, true]) func curl(overTLS: Bool) throws {
        let place = try Place()
        let server = try overTLS ? secured(place) : RegistryProcess(place)
        let base = (overTLS ? "https://ana:secret@localhost" : "http://localhost") + ":\(server.port)/v2/one"
        let curl = "curl -sSf --cacert cert.pem"
        if !overTLS { _ = try place.write("", to: "cert.pem") }
        let client = overTLS ? curl : "curl -sSf"
        _ = try run(place, "head -c 20000000 /dev/urandom > blob && sha256sum < blob | cut -d' ' -f1 > sum")
        let sum = place.read("sum").prefix(64)
        _ = try run(
            place,
            "\(client) -X POST --data-binary @blob -H 'Content-Type: application/octet-stream' -H 'Expect: 100-continue' '\(base)/blobs/uploads/?digest=sha256:\(sum)'"
        )
        let blob = "\(base)/blobs/sha256:\(sum)"
        _ = try run(place, "\(client) -r 0-6999999 -o part \(blob) && \(client) -C - -o part \(blob) && cmp blob part")
        _ = try run(place, "\(client) -o whole \(blob) && cmp blob whole")
    }
}
