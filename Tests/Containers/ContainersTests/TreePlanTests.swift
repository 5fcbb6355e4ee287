import Linux
import OCI
import Testing

@testable import Containers

/// What a plan makes of mounts and devices that name one place twice, or the root.
@Suite struct TreePlanTests {
    /// Controllers on v1, and a v2 hierarchy beside them.
    private static let hybrid = HostFacts(
        cgroups: CgroupLayout(hierarchies: [
            CgroupHierarchy(version: 1, controllers: ["memory"], mountPoint: "/sys/fs/cgroup/memory", ownPath: "/"),
            CgroupHierarchy(
                version: 2, controllers: ["hugetlb"], mountPoint: "/sys/fs/cgroup/unified", ownPath: "/"),
        ]), boundingSet: CapabilitySet(rawValue: 0x1ff_ffff_ffff), mountPoint: "/m")

    private func plan(
        host: HostFacts = PlanTests.modern, options: LaunchPlan.Options = LaunchPlan.Options(),
        _ change: (inout RuntimeConfiguration) -> Void
    ) throws -> LaunchPlan {
        var configuration = RuntimeConfiguration(
            ociVersion: "1.0.2", process: .init(arguments: ["/p"]), linux: .init(namespaces: [.init(.mount)]))
        change(&configuration)
        return try LaunchPlan(configuration, root: .readOnly("/r"), options: options, host: host)
    }

    /// What is mounted over the root would lie beneath it, and a root that was to be read-only would not be: it is refused, however
    /// the place is written. Other options for the root's own mount are none of that.
    @Test(arguments: ["/", "//", "/.", "/x/.."]) func mountOverRoot(destination: String) throws {
        for mount in [
            RuntimeConfiguration.Mount(destination: destination, type: "tmpfs", source: "tmpfs"),
            RuntimeConfiguration.Mount(destination: destination, type: "bind", source: "/d", options: ["ro"]),
            RuntimeConfiguration.Mount(
                destination: destination, type: "none", source: "/d", options: ["rbind", "remount", "ro"]),
        ] {
            let error = #expect(throws: PlanError.self) { try plan { $0.mounts = [mount] } }
            #expect(error?.field == "mounts[0].destination")
            #expect(error?.reason.contains("root.readonly") == true)
        }
        #expect(throws: Never.self) {
            try plan { $0.mounts = [.init(destination: destination, type: "none", options: ["remount", "ro"])] }
        }
    }

    /// Of two devices with one path the first is made, with a warning where they are not the same.
    @Test func deviceListedTwice() throws {
        let first = RuntimeConfiguration.Device(type: "c", path: "/dev/x", major: 1, minor: 3)
        func made(_ devices: [RuntimeConfiguration.Device]) throws -> (minors: [UInt32], warnings: [String]) {
            let plan = try plan { $0.linux?.devices = devices }
            let minors = plan.steps.compactMap { (step: ChildStep) -> UInt32? in
                guard case .makeDevice("/dev/x", _, _, let minor, _, _) = step else { return nil }
                return minor
            }
            return (minors, plan.warnings)
        }
        var other = first
        other.path = "/dev//x"
        let same = try made([first, other])
        #expect(same.minors == [3] && same.warnings.isEmpty)
        other.minor = 5
        let different = try made([first, other])
        #expect(different.minors == [3])
        #expect(different.warnings == ["linux.devices[1].path: /dev/x is listed twice; the first is made"])
    }

    /// Beside v1 `cgroup2` is the v2 hierarchy, and `cgroup` all of them.
    @Test func unifiedHierarchyAlone() throws {
        func mounted(_ type: String) throws -> [String] {
            let plan = try plan(host: Self.hybrid) {
                $0.linux?.namespaces.append(.init(.cgroup))
                $0.mounts = [.init(destination: "/c", type: type, source: "cgroup")]
            }
            return plan.steps.compactMap { (step: ChildStep) -> String? in
                guard case .mount(_, let target, let type, _, _) = step, target.hasPrefix("/c") else { return nil }
                return "\(type) \(target)"
            }
        }
        #expect(try mounted("cgroup2") == ["cgroup2 /c"])
        #expect(try mounted("cgroup") == ["tmpfs /c", "cgroup /c/memory", "cgroup2 /c/unified"])

        // Without a namespace of cgroups it is the container's own one there.
        let directories = CgroupPlan(name: "own", limits: CgroupLimits(), layout: Self.hybrid.cgroups).directories
        let lifecycle = LaunchPlan.Lifecycle(identifier: "own", bundle: "/b", cgroupDirectories: directories)
        let shared = try plan(host: Self.hybrid, options: .init(lifecycle: lifecycle)) {
            $0.mounts = [.init(destination: "/c", type: "cgroup2", source: "cgroup")]
        }
        #expect(
            shared.steps.contains(.cloneTree(slot: 0, source: "/sys/fs/cgroup/unified/isolab/own", recursive: false)))
        #expect(shared.steps.contains(.attachTree(slot: 0, target: "/c")))
    }
}
