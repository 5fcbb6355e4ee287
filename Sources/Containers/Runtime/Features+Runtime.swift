import Linux
public import OCI
import Seccomp

extension Features {
    /// What this runtime understands (features.md): from the tables that its code uses, whatever the host has.
    public static let ofThisRuntime = Features(
        ociVersionMin: "1.0.0", ociVersionMax: Runtime.specificationVersion,
        hooks: ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"],
        mountOptions: MountOptions.names,
        linux: LinuxFeatures(
            namespaces: NamespacePlan.kinds.keys.map(\.rawValue).sorted(), capabilities: CapabilitySet.names,
            cgroup: CgroupManagers(v1: true, v2: true, systemd: false, systemdUser: false, rdma: true),
            seccomp: Seccomp(
                enabled: true, actions: SeccompProfile.Action.allCases.map(\.rawValue),
                operators: SeccompProfile.Condition.Comparison.allCases.map(\.rawValue),
                architectures: SeccompCompiler.architectures.map(\.rawValue),
                knownFlags: SeccompCompiler.flagNames, supportedFlags: SeccompCompiler.flagNames),
            apparmor: Support(enabled: true), selinux: Support(enabled: true), intelRdt: IntelRDT(enabled: false),
            memoryPolicy: MemoryPolicy(
                modes: SchedulingSteps.memoryModes.keys.sorted(), flags: SchedulingSteps.memoryFlags.keys.sorted()),
            mountExtensions: MountExtensions(idmap: Support(enabled: true)), netDevices: Support(enabled: true)),
        annotations: ["org.opencontainers.runtime-spec.features": "isolab"])
}
