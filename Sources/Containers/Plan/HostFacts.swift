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

    public init(
        cgroups: CgroupLayout, boundingSet: CapabilitySet, hardLimits: [ResourceLimit.Resource: UInt64] = [:],
        privileged: Bool = true, userID: UInt32 = 0, groupID: UInt32 = 0, limitsDevices: Bool = true,
        mountPoint: String = "/run/isolab/root"
    ) {
        self.cgroups = cgroups
        self.boundingSet = boundingSet
        self.hardLimits = hardLimits
        self.privileged = privileged
        self.userID = userID
        self.groupID = groupID
        self.limitsDevices = limitsDevices
        self.mountPoint = mountPoint
    }

    /// This host's.
    public static func detect(stateDirectory: String = StandardDirectories.state) throws(SystemError) -> HostFacts {
        var limits: [ResourceLimit.Resource: UInt64] = [:]
        for resource in ResourceLimit.Resource.allCases { limits[resource] = ResourceLimit.current(resource).hard }
        let cgroups = try CgroupLayout.detect()
        let limitsDevices =
            cgroups.hierarchy(of: "devices") != nil || cgroups.unified != nil && DeviceFilter.isAvailable()
        return HostFacts(
            cgroups: cgroups, boundingSet: .boundingSet(), hardLimits: limits,
            privileged: geteuid() == 0, userID: geteuid(), groupID: getegid(), limitsDevices: limitsDevices,
            mountPoint: stateDirectory + "/root")
    }
}
