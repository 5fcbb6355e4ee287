import OCI
import Testing

@testable import RegistryClient

/// `WWW-Authenticate` in the forms servers send it, and in those they should not.
@Suite struct ChallengeTests {
    typealias Challenge = AuthenticationChallenge

    @Test(arguments: [
        (
            #"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#,
            [
                Challenge(
                    scheme: "bearer",
                    parameters: [
                        "realm": "https://auth.docker.io/token", "service": "registry.docker.io",
                        "scope": "repository:a/b:pull,push",
                    ])
            ]
        ),
        (#"Basic realm="a \"b\" \\ c""#, [Challenge(scheme: "basic", parameters: ["realm": #"a "b" \ c"#])]),
        ("Basic", [Challenge(scheme: "basic")]),
        (
            "Negotiate, Basic realm=x",
            [Challenge(scheme: "negotiate"), Challenge(scheme: "basic", parameters: ["realm": "x"])]
        ),
        (
            #"Bearer realm="r" , error=invalid_token,, Basic realm="q""#,
            [
                Challenge(scheme: "bearer", parameters: ["realm": "r", "error": "invalid_token"]),
                Challenge(scheme: "basic", parameters: ["realm": "q"]),
            ]
        ),
        (
            "NTLM dG9rZW4=, Basic realm=\"x\"",
            [Challenge(scheme: "ntlm"), Challenge(scheme: "basic", parameters: ["realm": "x"])]
        ),
        // Twice the same parameter: which would be meant?
        (
            #"Bearer realm="https://a/",realm="https://b/", Basic realm=x"#,
            [Challenge(scheme: "basic", parameters: ["realm": "x"])]
        ),
        (#"Bearer realm="never ends"#, []),
        ("", []), (",,,", []), ("=", []), ("Bearer realm=", [Challenge(scheme: "bearer")]),
    ])
    func reads(field: String, expected: [Challenge]) {
        #expect(Challenge.read([field]) == expected)
    }

    /// Several fields are several challenges; a field beyond measure is none.
    @Test func fields() {
        let long = "Bearer realm=\"" + String(repeating: "a", count: Challenge.greatestLength) + "\""
        #expect(Challenge.read(["Basic realm=a", long, "Bearer realm=b"]).map(\.scheme) == ["basic", "bearer"])
        #expect(Challenge.read(["x" + String(repeating: ",x", count: 1000)]).count == Challenge.greatestCount)
    }

    /// Whatever the bytes, reading ends and holds no more than was given.
    @Test func anyBytes() {
        var generator = SystemRandomNumberGenerator()
        let pieces = ["Bearer", " ", ",", "=", "\"", "\\", "realm", "\t", "a", "é", "\u{1}", "=="]
        for _ in 0..<5000 {
            let field = (0..<Int.random(in: 0...20, using: &generator)).map { _ in
                pieces.randomElement(using: &generator) ?? ""
            }.joined()
            for challenge in Challenge.read([field]) {
                #expect(field.lowercased().contains(challenge.scheme))
                for (name, value) in challenge.parameters {
                    #expect(!name.isEmpty && value.utf8.count <= field.utf8.count)
                }
            }
        }
    }
}
