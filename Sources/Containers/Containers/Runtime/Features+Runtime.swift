import Linux
public import OCI
import Seccomp

extension Features {
    /// What this runtime understands (features.md), whatever the host has: the words of the configuration, and what is done or
    /// left.
    public static let ofThisRuntime: Features = {
        var features = vocabulary(
            mountOptions: MountOptions.names, supportedSeccompFlags: SeccompCompiler.flagNames)
        features.ociVersionMax = Runtime.specificationVersion
        features.linux?.cgroup = CgroupManagers(v1: true, v2: true, systemd: true, systemdUser: true, rdma: true)
        // A filter can be compiled for these; others may be named.
        features.linux?.seccomp?.architectures = SeccompCompiler.architectures.map(\.rawValue)
        features.linux?.apparmor = Support(enabled: true)
        features.linux?.selinux = Support(enabled: true)
        features.linux?.intelRdt = IntelRDT(enabled: false)
        features.linux?.mountExtensions = MountExtensions(idmap: Support(enabled: true))
        features.linux?.netDevices = Support(enabled: true)
        features.annotations = ["org.opencontainers.runtime-spec.features": "isolab"]
        return features
    }()
}
