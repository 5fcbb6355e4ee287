import Glibc
import Testing

@testable import Linux

/// What an ordinary user's own user namespace will be, without making one.
@Suite struct UserNamespaceTests {
    private func facts(
        users: String = "test:100000:65536\n", groups: String = "test:200000:65536\n", hasHelpers: Bool = true
    ) -> UserNamespacePlan.Facts {
        UserNamespacePlan.Facts(
            userID: 1000, groupID: 1001, names: ["test", "1000"], subordinateUsers: users, subordinateGroups: groups,
            hasHelpers: hasHelpers)
    }

    // MARK: - The files

    /// Only the user's own lines count, by name or by number; what is no line says nothing.
    @Test func subordinateLines() {
        let text = """
            # a comment
            other:100000:65536
            test:200000:1000

            test:300000
            test:x:10
            test:400000:0
            test:-1:10
            :500000:10
            1000:600000:5
            tester:700000:10
            test:4294967290:10
            """
        let found = SubordinateIdentifiers(text, names: ["test", "1000"], own: 1000)
        #expect(found.ranges == [.init(first: 200000, count: 1000), .init(first: 600000, count: 5)])
        #expect(found.count == 1005)
    }

    /// The kernel maps each id once: what a line repeats of another, or of the user's own id, is left out of it.
    @Test func overlappingLines() {
        let found = SubordinateIdentifiers(
            "test:1000:10\ntest:1005:10\ntest:990:15\ntest:1001:3\n", names: ["test"], own: 1000)
        #expect(
            found.ranges == [
                .init(first: 1001, count: 9), .init(first: 1010, count: 5), .init(first: 990, count: 10),
            ])
    }

    /// More lines than a map may have are cut off, rather than refused by the kernel.
    @Test func manyLines() {
        let text = (0..<400).map { "test:\(100_000 + $0 * 10):5\n" }.joined()
        let plan = UserNamespacePlan(facts(users: text))
        #expect(plan.users.count == 340)
    }

    /// A free range is told beyond what others have; where none is left, none is.
    @Test func freeRange() {
        #expect(SubordinateIdentifiers.free(in: "") == 100_000)
        #expect(SubordinateIdentifiers.free(in: "a:100000:65536\nb:165536:65536\n") == 231_072)
        #expect(SubordinateIdentifiers.free(in: "a:4294900000:60000\n") == nil)
    }

    // MARK: - The plan

    /// Root is the user, and from 1 on come his ranges.
    @Test func rangesInARow() {
        let plan = UserNamespacePlan(facts(users: "test:100000:1000\n1000:300000:500\n"))
        #expect(plan.lack == nil)
        #expect(
            plan.maps
                == IdentityMaps(
                    users: "0 1000 1\n1 100000 1000\n1001 300000 500\n", groups: "0 1001 1\n1 200000 65536\n",
                    deniesSetGroups: false, needsHelpers: true))
    }

    /// Without helpers or lines there is the user's own id alone, for which setgroups is given up; what to do is said.
    @Test func ownIdentityAlone() throws {
        for (given, words) in [
            (facts(hasHelpers: false), "package uidmap"),
            (facts(users: "other:100000:65536\n"), "\"test:165536:65536\""),
            (facts(groups: ""), "/etc/subgid has no line for test"),
            (facts(groups: "other:4294900000:60000\n"), "ask its administrator"),
        ] {
            let plan = UserNamespacePlan(given)
            #expect(
                plan.maps
                    == IdentityMaps(
                        users: "0 1000 1\n", groups: "0 1001 1\n", deniesSetGroups: true, needsHelpers: false))
            #expect("\(try #require(plan.lack))".contains(words))
        }
    }

    /// The user is called as /etc/passwd has him; one it does not know, as he calls himself; his number goes always.
    @Test func names() {
        let passwd = "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/:\nanna:x:1000:1000::/:\nbob:x:10000:1::/:\n"
        func names(_ user: UInt32) -> [String] {
            UserNamespacePlan.Facts.names(of: user, passwd: passwd, environment: ["USER=carol", "LOGNAME=carol"])
        }
        #expect(names(1000) == ["ann", "anna", "1000"])
        #expect(names(77) == ["carol", "77"])
    }

    // MARK: - Refusals

    /// Each way in which a host refuses has its own remedy, and an error of another kind none.
    @Test func advice() {
        func advice(_ refusal: UserNamespaceRefusal, _ number: Int32 = EPERM) -> String {
            refusal.advice(number, program: "/usr/bin/isolab") ?? ""
        }
        #expect(advice(UserNamespaceRefusal(limit: 0), ENOSPC).contains("user.max_user_namespaces=15000"))
        #expect(advice(UserNamespaceRefusal(limit: 7), ENOSPC).contains("(7) is reached"))
        #expect(advice(UserNamespaceRefusal(isSwitchedOff: true, limit: 7)).contains("unprivileged_userns_clone=1"))
        let restricted = advice(UserNamespaceRefusal(apparmorRestricts: true, limit: 7), EACCES)
        #expect(restricted.contains("apparmor_restrict_unprivileged_userns=0"))
        #expect(restricted.contains("/usr/bin/isolab"))
        #expect(advice(UserNamespaceRefusal(limit: 7)).contains("chroot"))
        #expect(advice(UserNamespaceRefusal(apparmorRestricts: true), ENOMEM) == "")
    }

    /// The user outside is found through the map, whichever line has him.
    @Test func numberOutside() {
        let map = "         0       1000          1\n         1     100000      65536\n"
        #expect(IdentityMaps.outside(of: 0, map: map) == 1000)
        #expect(IdentityMaps.outside(of: 34, map: map) == 100_033)
        #expect(IdentityMaps.outside(of: 65537, map: map) == nil)
        #expect(IdentityMaps.outside(of: 0, map: "nonsense\n") == nil)
        #expect(IdentityMaps.outside(of: 5, map: "0 4294967295 10\n") == nil)
    }
}
