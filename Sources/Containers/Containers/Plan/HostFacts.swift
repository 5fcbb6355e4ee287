import Glibc
public import Linux

/// What a plan has to know of the host it is for. Detected once; given by hand in tests.
public struct HostFacts: Equatable, Sendable {
    public var cgroups: CgroupLayout
    /// The most a container's capabilities can be.
    public var boundingSet: CapabilitySet
    /// The hard limit of each resource; without CAP_SYS_RESOURCE no container can have more.
    public var hardLimits: [ResourceLimit.Resource: UInt64]
    /// Running as root: may write any id map, make devices and cgroups.
    public var privileged: Bool
    public var userID: UInt32
    public var groupID: UInt32
    /// Whether device rules can be enforced: by v1's controller, or by a program on v2.
    public var limitsDevices: Bool
    /// An empty directory on which containers mount their root, each in its own mount namespace.
    public var mountPoint: String
    /// Whether the launcher itself is in a user namespace that is not the host's first: some things root can do, it cannot.
    public var inUserNamespace: Bool
    /// The ranges of users and of groups that are mapped in the launcher's user namespace.
    public var mappedUsers: [Range<UInt32>]
    public var mappedGroups: [Range<UInt32>]
    /// Whether the launcher's user namespace has given up setgroups (user_namespaces(7), "/proc/pid/setgroups").
    public var deniesSetGroups: Bool
    /// Whether procfs can show another pid namespace than its maker's; asked only where one is joined.
    public var procfsTakesNamespace = false
    /// Where procfs and sysfs are mounted whole, the last first; asked only where the root is moved, not pivoted to.
    public var kernelMounts: [String] = []
    /// Of `apparmor` and `selinux`, those that are enabled.
    public var securityModules: Set<String>

    public init(
        cgroups: CgroupLayout, boundingSet: CapabilitySet, hardLimits: [ResourceLimit.Resource: UInt64] = [:],
        privileged: Bool = true, userID: UInt32 = 0, groupID: UInt32 = 0, limitsDevices: Bool = true,
        mountPoint: String = "/run/isolab/root", inUserNamespace: Bool = false,
        mappedUsers: [Range<UInt32>] = [0..<UInt32.max], mappedGroups: [Range<UInt32>] = [0..<UInt32.max],
        deniesSetGroups: Bool = false, securityModules: Set<String> = []
    ) {
        self.cgroups = cgroups
        self.boundingSet = boundingSet
        self.hardLimits = hardLimits
        self.privileged = privileged
        self.userID = userID
        self.groupID = groupID
        self.limitsDevices = limitsDevices
        self.mountPoint = mountPoint
        self.inUserNamespace = inUserNamespace
        self.mappedUsers = mappedUsers
        self.mappedGroups = mappedGroups
        self.deniesSetGroups = deniesSetGroups
        self.securityModules = securityModules
    }

    /// This host's.
    public static func detect(stateDirectory: String = StandardDirectories.state) throws(SystemError) -> HostFacts {
        var limits: [ResourceLimit.Resource: UInt64] = [:]
        for resource in ResourceLimit.Resource.allCases { limits[resource] = ResourceLimit.current(resource).hard }
        let groups = mappedRanges(try SystemFile.read("/proc/self/gid_map"))
        let users = mappedRanges(try SystemFile.read("/proc/self/uid_map"))
        let cgroups = try CgroupLayout.detect()
        let limitsDevices =
            cgroups.hierarchy(of: "devices") != nil || cgroups.unified != nil && DeviceFilter.isAvailable()
        return HostFacts(
            cgroups: cgroups, boundingSet: .boundingSet(), hardLimits: limits, privileged: geteuid() == 0,
            userID: geteuid(), groupID: getegid(), limitsDevices: limitsDevices, mountPoint: stateDirectory + "/root",
            inUserNamespace: users != [0..<UInt32.max], mappedUsers: users, mappedGroups: groups,
            deniesSetGroups: users != [0..<UInt32.max] && readsDeny("/proc/self/setgroups"),
            securityModules: enabledSecurityModules())
    }

    /// The first column and the length of each line of a map (user_namespaces(7)).
    static func mappedRanges(_ map: String) -> [Range<UInt32>] {
        map.parts(between: "\n").compactMap { line in
            let numbers = line.parts(between: " ").compactMap { UInt32($0) }
            guard numbers.count == 3 else { return nil }
            let (end, overflow) = numbers[0].addingReportingOverflow(numbers[2])
            return numbers[0]..<(overflow ? UInt32.max : end)
        }
    }

    static func readsDeny(_ path: String) -> Bool { (try? SystemFile.read(path))?.starts("deny") == true }

    /// The mounts that let a user namespace mount more of their kind.
    static func wholeKernelMounts() throws(SystemError) -> [String] {
        try MountEntry.all().filter { $0.root == "/" && ($0.type == "proc" || $0.type == "sysfs") }.map(\.target)
            .reversed()
    }

    private static func enabledSecurityModules() -> Set<String> {
        var modules: Set<String> = []
        if let enabled = try? SystemFile.read("/sys/module/apparmor/parameters/enabled"), enabled.starts("Y") {
            modules.insert("apparmor")
        }
        if SystemFile.exists("/sys/fs/selinux/enforce") { modules.insert("selinux") }
        return modules
    }
}
