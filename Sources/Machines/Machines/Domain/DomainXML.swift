extension Domain {
    /// The guest in libvirt's domain format (libvirt.org/formatdomain.html): the least that boots, every device named.
    ///
    /// `on_reboot` is `destroy`, so that a guest ends itself by a reset or a triple fault, which needs no ACPI driver.
    package var xml: String {
        var os = [XMLElement("type", ["arch": "x86_64", "machine": machine.rawValue], text: "hvm")]
        if let firmware {
            os.append(XMLElement("loader", ["readonly": "yes", "type": "rom"], text: firmware))
        }
        os.append(XMLElement("kernel", text: kernel))
        if let initramfs { os.append(XMLElement("initrd", text: initramfs)) }
        if !commandLine.isEmpty { os.append(XMLElement("cmdline", text: commandLine)) }

        var devices: [XMLElement] = []
        if let emulator { devices.append(XMLElement("emulator", text: emulator)) }
        devices += [
            XMLElement("controller", ["type": "usb", "model": "none"]),
            XMLElement("memballoon", ["model": "none"]),
        ]
        devices += virtioDevices
        if let consoleLog {
            devices.append(
                XMLElement(
                    "serial", ["type": "file"],
                    [
                        XMLElement("source", ["path": consoleLog]),
                        XMLElement("target", ["type": "isa-serial", "port": "0"]),
                    ]))
        }
        devices.append(
            XMLElement(
                "serial", ["type": "unix"],
                [
                    XMLElement("source", ["mode": "connect", "path": channelSocket]),
                    XMLElement(
                        "target", ["type": "isa-debug", "port": consoleLog == nil ? "0" : "1"],
                        [XMLElement("model", ["name": "isa-debugcon"])]),
                    XMLElement("address", ["type": "isa", "iobase": "0xe9"]),
                ]))

        var content = [
            XMLElement("name", text: name),
            XMLElement("memory", ["unit": "MiB"], text: String(memoryMiB)),
            XMLElement("vcpu", text: String(vcpus)),
            XMLElement("os", os),
            // libvirt refuses microvm without it; QEMU is told otherwise where that is faster.
            XMLElement("features", [XMLElement("acpi")]),
            XMLElement("on_poweroff", text: "destroy"),
            XMLElement("on_reboot", text: "destroy"),
            XMLElement("on_crash", text: "destroy"),
            XMLElement("devices", devices),
        ]
        if hasFullProcessor {
            let mode = accelerator == .kvm ? "host-passthrough" : "maximum"
            content.insert(XMLElement("cpu", ["mode": mode]), at: 3)
        }
        if !shares.isEmpty {
            // What virtiofsd reads and writes is the guest's own memory.
            let backing = [XMLElement("source", ["type": "memfd"]), XMLElement("access", ["mode": "shared"])]
            content.insert(XMLElement("memoryBacking", backing), at: 2)
        }
        let type = accelerator == .kvm ? "kvm" : "qemu"
        let words = emulatorWords
        if !words.isEmpty {
            content.append(XMLElement("qemu:commandline", words.map { XMLElement("qemu:arg", ["value": $0]) }))
        } else if asksEachFeature {
            return XMLElement("domain", ["type": type], content).document()
        }
        if !asksEachFeature {
            content.append(
                XMLElement("qemu:capabilities", [XMLElement("qemu:del", ["capability": Self.featureList])]))
        }
        return XMLElement("domain", ["type": type, "xmlns:qemu": Self.namespace], content).document()
    }

    /// What libvirt has no words for: QEMU takes a later `-machine` as more of the first.
    private var emulatorWords: [String] {
        guard machine == .microvm else { return [] }
        // Without a clock chip, which QEMU leaves out under KVM, Linux asks twenty thousand times whether it is there: a second.
        var machineWords = "rtc=on"
        // Without ACPI tables Linux boots faster and takes the old timer and interrupt controller, which work; under KVM each of
        // their ticks is some exits, and the tables are the better bargain. Told `acpi=off` itself it would turn the local APIC
        // off, through which they reach the processor: no timer would ever ring.
        if accelerator == .tcg, !hasVirtioDevices { machineWords += ",acpi=off" }
        var words = ["-machine", machineWords]
        // virtiofsd speaks virtio 1.0 alone, and this bus the older one unless told.
        if !shares.isEmpty { words += ["-global", "virtio-mmio.force-legacy=false"] }
        return words
    }

    /// The port, the disk, the shares and network devices, where the guest has them.
    private var virtioDevices: [XMLElement] {
        // microvm has no other bus; elsewhere libvirt gives each its place on PCI.
        let address = machine == .microvm ? [XMLElement("address", ["type": "virtio-mmio"])] : []
        var devices: [XMLElement] = []
        if let disk {
            devices.append(
                XMLElement(
                    "disk", ["type": "file", "device": "disk"],
                    [
                        XMLElement("driver", ["name": "qemu", "type": "raw"]),
                        XMLElement("source", ["file": disk]),
                        XMLElement("target", ["dev": "vda", "bus": "virtio"]),
                        XMLElement("readonly"),
                    ] + address))
        }
        for (index, share) in shares.enumerated() {
            devices.append(
                XMLElement(
                    "filesystem", ["type": "mount", "accessmode": "passthrough"],
                    [
                        XMLElement("driver", ["type": "virtiofs"]),
                        XMLElement("source", ["dir": share]),
                        XMLElement("target", ["dir": "share\(index)"]),
                    ] + address))
        }
        if let portSocket {
            devices += [
                XMLElement("controller", ["type": "virtio-serial", "index": "0"], address),
                XMLElement(
                    "channel", ["type": "unix"],
                    [
                        XMLElement("source", ["mode": "connect", "path": portSocket]),
                        XMLElement("target", ["type": "virtio", "name": "isolab.session"]),
                        XMLElement(
                            "address", ["type": "virtio-serial", "controller": "0", "bus": "0", "port": "1"]),
                    ]),
            ]
        }
        for interface in interfaces {
            devices.append(
                XMLElement(
                    "interface", ["type": "ethernet"],
                    [
                        XMLElement("mac", ["address": interface.hardwareAddress]),
                        // Made by whoever may; libvirt opens it, and may not change it.
                        XMLElement("target", ["dev": interface.device, "managed": "no"]),
                        XMLElement("model", ["type": "virtio"]),
                        // Packets pass through QEMU, which has no part of the kernel's to itself.
                        XMLElement("driver", ["name": "qemu"]),
                    ] + address))
        }
        return devices
    }

    /// The capability with which libvirt reads features one by one (qemuMonitorGetGuestCPU); without it libvirt takes the
    /// older `feature-words`. The names of capabilities only ever grow, so a libvirt that has no use for it accepts it too.
    private static let featureList = "cpu-unavailable-features"

    /// libvirt.org/drvqemu.html, "Control of QEMU capabilities".
    private static let namespace = "http://libvirt.org/schemas/domain/qemu/1.0"
}
