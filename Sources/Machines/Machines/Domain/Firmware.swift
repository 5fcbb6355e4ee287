import Glibc

/// The firmware images that QEMU's packages install.
package enum Firmware {
    /// qboot, the minimal firmware: loads a kernel and nothing else. `nil` where no package installed it.
    package static var qboot: String? {
        ["/usr/share/qemu/qboot.rom", "/usr/share/qboot/bios.bin", "/usr/local/share/qemu/qboot.rom"]
            .first { access($0, R_OK) == 0 }
    }
}
