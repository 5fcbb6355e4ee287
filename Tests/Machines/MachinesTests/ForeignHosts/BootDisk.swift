import Glibc
import Linux

@testable import Machines

/// The archive with which a guest gets onto a disk: the kernel's modules, and a script that lays memory over the disk and hands
/// over to what stands there.
struct BootDisk {
    /// What is there beside the devices of guests: virtual machines of its own, whoever made the processor.
    private static let modules = ModuleSelection(
        directory: "host-modules",
        names: ["virtio_pci", "virtio_blk", "erofs", "overlay", "tun", "kvm", "kvm_amd", "kvm_intel"])

    let tree: GuestTree
    /// Files that lie over the disk's.
    let files: GuestTree

    /// - Parameter program: the first program on the disk.
    init(root: String, program: String, busybox: String) throws {
        tree = try GuestTree(root: root)
        files = try GuestTree(over: root + "/files")
        try tree.add(busybox, at: "/bin/busybox")
        try tree.write(Self.script(program), to: "/init", mode: 0o755)
        let kernel = try GuestKernel.find()
        let modules = try kernel.modules(cache: Cache(), Self.modules)
        try SystemFile.makeDirectories(root + "/modules")
        for (index, module) in (try modules?.load(Self.modules.names) ?? []).enumerated() {
            // Numbers that keep their order when a shell sorts them: each after what it needs.
            try WholeFile.replace("\(root)/modules/\(1000 + index)-\(module.name).ko", with: module.content)
        }
    }

    private static func script(_ program: String) -> String {
        """
        #!/bin/busybox sh
        /bin/busybox --install -s /bin
        export PATH=/bin
        mount -t proc proc /proc
        mount -t sysfs sysfs /sys
        mount -t devtmpfs dev /dev
        exec < /dev/null > /dev/ttyS0 2>&1
        # Not every processor has what every module wants.
        for module in /modules/*.ko; do insmod "$module" 2>/dev/null; done
        mkdir /disk /memory /new
        mount -t tmpfs -o size=75%,mode=755 memory /memory
        mkdir /memory/upper /memory/work
        mount -t erofs -o ro /dev/vda /disk || exec reboot -f
        cp -a /files/. /memory/upper
        mount -t overlay -o lowerdir=/disk,upperdir=/memory/upper,workdir=/memory/work root /new || exec reboot -f
        for directory in dev proc sys; do mount --move /$directory /new/$directory; done
        exec switch_root /new \(program)
        """
    }
}
