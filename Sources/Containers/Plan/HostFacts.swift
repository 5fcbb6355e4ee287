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
    /// An empty directory on which containers mount their root, each in its own mount namespace.
    public var mountPoint: String

    public init(
        cgroups: CgroupLayout, boundingSet: CapabilitySet, hardLimits: [ResourceLimit.Resource: UInt64] = [:],
        privileged: Bool = true, userID: UInt32 = 0, groupID: UInt32 = 0, mountPoint: String = "/run/isolab/root"
    ) {
        self.cgroups = cgroups
        self.boundingSet = boundingSet
        self.hardLimits = hardLimits
        self.privileged = privileged
        self.userID = userID
        self.groupID = groupID
        self.mountPoint = mountPoint
    }

    /// This host's.
    public static func detect(stateDirectory: String = StandardDirectories.state) throws(SystemError) -> HostFacts {
        var limits: [ResourceLimit.Resource: UInt64] = [:]
        for resource in ResourceLimit.Resource.allCases { limits[resource] = ResourceLimit.current(resource).hard }
        return HostFacts(
            cgroups: try CgroupLayout.detect(), boundingSet: .boundingSet(), hardLimits: limits,
            privileged: geteuid() == 0, userID: geteuid(), groupID: getegid(), mountPoint: stateDirectory + "/root")
    }
}
