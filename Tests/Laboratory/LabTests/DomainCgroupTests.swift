import Testing

@testable import Lab

/// The cgroup of a daemon's guest, from what /proc says of its QEMU.
struct DomainCgroupTests {
    @Test(
        arguments: [
            (
                "4:memory:/machine/qemu-3-isolab-1-2.libvirt-qemu\n1:cpu:/machine/qemu-3-isolab-1-2.libvirt-qemu/emulator\n0::/x\n",
                1, "/machine/qemu-3-isolab-1-2.libvirt-qemu"
            ),
            (
                "0::/machine.slice/machine-qemu\\x2d3\\x2disolab\\x2d1.scope/libvirt/emulator\n", 2,
                "/machine.slice/machine-qemu\\x2d3\\x2disolab\\x2d1.scope"
            ),
            // With `cgroup_controllers = []` QEMU stays in the daemon's own: nothing there is the guest's alone.
            ("0::/system.slice/libvirtd.service\n", 2, nil), ("4:memory:/\n", 1, nil), ("", 1, nil),
        ] as [(String, Int, String?)])
    func path(cgroups: String, version: Int, expected: String?) {
        #expect(DomainCgroup.path(in: cgroups, version: version) == expected)
    }
}
