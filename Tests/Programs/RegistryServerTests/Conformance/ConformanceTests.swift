import Testing

/// The OCI distribution specification 1.1, requirement by requirement, on the built program over HTTP. The upstream suite checks
/// the same workflows: pull, push, content discovery, content management.
struct ConformanceTests {
    @Test(arguments: Requirement.all)
    func registry(_ requirement: Requirement) throws {
        let place = try Place()
        let server = try RegistryProcess(place)
        try requirement.check(RegistryFixture(server.http))
    }

    /// The requirements are not of our own making: what another registry does by the same specification passes, too. What fails
    /// of it is said, and is known by its version.
    @Test(.enabled(if: Tools.exist("docker-registry"), "docker-registry is not installed"))
    func requirementsHoldElsewhere() throws {
        let place = try Place()
        let server = try DockerRegistry(place)
        var unmet: [(Requirement, any Error)] = []
        for requirement in Requirement.all {
            do { try requirement.check(RegistryFixture(server.http)) } catch { unmet.append((requirement, error)) }
        }
        let optional = unmet.count { $0.0.isOptional }
        print(
            "docker-registry meets \(Requirement.all.count - unmet.count) of \(Requirement.all.count); of the others "
                + "\(optional) are optional")
        for (requirement, error) in unmet { print("  does not meet \(requirement) — \(error)") }
        // Pulling, pushing in every way that it offers, and listing: more than half.
        #expect(unmet.count * 2 < Requirement.all.count)
        // What distribution 2.8 is known not to have: the referrers API came with 3.0.
        #expect(unmet.contains { $0.0.endpoint == "end-12a" })
    }
}
