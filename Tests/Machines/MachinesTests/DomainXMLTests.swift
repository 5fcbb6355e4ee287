import Foundation
import Testing

@testable import Machines

@Suite struct DomainXMLTests {
    /// A whole guest becomes exactly this document: what libvirt is told is decided by the value alone.
    @Test func wholeDocument() {
        let domain = Domain(
            name: "isolab-1", machine: .microvm, accelerator: .tcg, memoryMiB: 96, firmware: "/f/qboot.rom",
            kernel: "/k/vmlinux", initramfs: "/i/root.cpio", commandLine: "quiet -- --guest",
            channelSocket: "/run/c.sock", asksEachFeature: true)
        #expect(
            domain.xml == """
                <domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
                  <name>isolab-1</name>
                  <memory unit='MiB'>96</memory>
                  <vcpu>1</vcpu>
                  <os>
                    <type arch='x86_64' machine='microvm'>hvm</type>
                    <loader readonly='yes' type='rom'>/f/qboot.rom</loader>
                    <kernel>/k/vmlinux</kernel>
                    <initrd>/i/root.cpio</initrd>
                    <cmdline>quiet -- --guest</cmdline>
                  </os>
                  <features>
                    <acpi/>
                  </features>
                  <on_poweroff>destroy</on_poweroff>
                  <on_reboot>destroy</on_reboot>
                  <on_crash>destroy</on_crash>
                  <devices>
                    <controller type='usb' model='none'/>
                    <memballoon model='none'/>
                    <serial type='unix'>
                      <source mode='connect' path='/run/c.sock'/>
                      <target type='isa-debug' port='0'>
                        <model name='isa-debugcon'/>
                      </target>
                      <address type='isa' iobase='0xe9'/>
                    </serial>
                  </devices>
                  <qemu:commandline>
                    <qemu:arg value='-machine'/>
                    <qemu:arg value='rtc=on,acpi=off'/>
                  </qemu:commandline>
                </domain>

                """)
    }

    /// Only the accelerator decides the domain's type, and `kvm` is never written for a TCG guest.
    @Test(arguments: [(Accelerator.kvm, "kvm"), (.tcg, "qemu")])
    func accelerator(accelerator: Accelerator, type: String) {
        let domain = Domain(
            name: "a", machine: .pc, accelerator: accelerator, kernel: "/k", channelSocket: "/c")
        #expect(domain.xml.hasPrefix("<domain type='\(type)'"))
        #expect(!domain.xml.contains("<loader"))
        #expect(!domain.xml.contains("<initrd"))
    }

    /// A tuned guest spares libvirt its questions about single features and changes nothing else; the reference lane does not.
    @Test func capabilities() {
        var domain = Domain(name: "a", machine: .pc, accelerator: .kvm, kernel: "/k", channelSocket: "/c")
        let spared = domain.xml
        domain.asksEachFeature = true
        let namespace = " xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"
        let element = """
              <qemu:capabilities>
                <qemu:del capability='cpu-unavailable-features'/>
              </qemu:capabilities>

            """
        #expect(spared.contains(namespace) && spared.contains(element))
        #expect(
            domain.xml
                == spared.replacingOccurrences(of: namespace, with: "").replacingOccurrences(of: element, with: ""))
    }

    /// A full processor is the host's own under KVM, and all that the translator has under TCG; else QEMU chooses.
    @Test(arguments: [(Accelerator.kvm, "host-passthrough"), (.tcg, "maximum")])
    func processor(accelerator: Accelerator, mode: String) {
        var domain = Domain(name: "a", machine: .pc, accelerator: accelerator, kernel: "/k", channelSocket: "/c")
        #expect(!domain.xml.contains("<cpu"))
        domain.hasFullProcessor = true
        #expect(domain.xml.contains("  <vcpu>1</vcpu>\n  <cpu mode='\(mode)'/>\n  <os>"))
    }

    /// A command's guest has a port for its streams and a disk it cannot write to; microvm's are named their bus.
    @Test(arguments: [(MachineKind.microvm, "\n      <address type='virtio-mmio'/>"), (.q35, "")])
    func portAndDisk(machine: MachineKind, address: String) {
        let domain = Domain(
            name: "a", machine: machine, accelerator: .tcg, kernel: "/k", channelSocket: "/c", portSocket: "/p.sock",
            disk: "/d.erofs")
        #expect(
            domain.xml.contains(
                """
                    <disk type='file' device='disk'>
                      <driver name='qemu' type='raw'/>
                      <source file='/d.erofs'/>
                      <target dev='vda' bus='virtio'/>
                      <readonly/>\(address)
                    </disk>
                """))
        #expect(
            domain.xml.contains(
                """
                    <channel type='unix'>
                      <source mode='connect' path='/p.sock'/>
                      <target type='virtio' name='isolab.session'/>
                      <address type='virtio-serial' controller='0' bus='0' port='1'/>
                    </channel>
                """))
    }

    /// A share is a virtiofs device on memory that QEMU and virtiofsd share; microvm's bus is told to speak virtio 1.0.
    @Test(arguments: [(MachineKind.microvm, true), (.q35, false)])
    func shares(machine: MachineKind, isTold: Bool) {
        let domain = Domain(
            name: "a", machine: machine, accelerator: .tcg, kernel: "/k", channelSocket: "/c", shares: ["/a b", "/c"])
        for text in [
            """
              <memoryBacking>
                <source type='memfd'/>
                <access mode='shared'/>
              </memoryBacking>
            """,
            """
                <filesystem type='mount' accessmode='passthrough'>
                  <driver type='virtiofs'/>
                  <source dir='/a b'/>
                  <target dir='share0'/>
            """, "<target dir='share1'/>",
        ] { #expect(domain.xml.contains(text)) }
        #expect(domain.xml.contains("<qemu:arg value='virtio-mmio.force-legacy=false'/>") == isTold)
    }

    /// A network device is a tap device that is there already, and that libvirt does not change.
    @Test(arguments: [(MachineKind.microvm, "\n      <address type='virtio-mmio'/>"), (.q35, "")])
    func networks(machine: MachineKind, address: String) {
        let domain = Domain(
            name: "a", machine: machine, accelerator: .tcg, kernel: "/k", channelSocket: "/c",
            interfaces: [.init(device: "tap0", hardwareAddress: "02:49:0a:09:00:02")])
        #expect(
            domain.xml.contains(
                """
                    <interface type='ethernet'>
                      <mac address='02:49:0a:09:00:02'/>
                      <target dev='tap0' managed='no'/>
                      <model type='virtio'/>
                      <driver name='qemu'/>\(address)
                    </interface>
                """))
        // They are found by ACPI's tables.
        #expect(!domain.xml.contains("acpi=off"))
    }

    /// microvm alone is told what libvirt has no words for: a clock chip always, which Linux would look for in vain for a second,
    /// and no ACPI where it only takes time. The kernel is never told `acpi=off`: with it no timer rings on microvm.
    @Test func machineWords() {
        func xml(_ machine: MachineKind, _ accelerator: Accelerator = .tcg, port: String? = nil) -> String {
            Domain(
                name: "a", machine: machine, accelerator: accelerator, kernel: "/k", channelSocket: "/c",
                portSocket: port
            ).xml
        }
        #expect(xml(.microvm).contains("<qemu:arg value='rtc=on,acpi=off'/>"))
        for text in [xml(.microvm, port: "/p"), xml(.microvm, .kvm)] {
            #expect(text.contains("<qemu:arg value='rtc=on'/>"))
        }
        #expect(!xml(.q35).contains("qemu:arg") && !xml(.pc, port: "/p").contains("qemu:arg"))
        for machine in MachineKind.allCases {
            #expect(!KernelCommandLine.tuned(machine: machine, tscKilohertz: 1).contains("acpi"))
        }
    }

    /// Text cannot leave its element or attribute, whatever a path or a command line holds.
    @Test func escaping() {
        let domain = Domain(
            name: "a<b>&\"c'", machine: .pc, accelerator: .tcg, kernel: "/k", commandLine: "x=</cmdline>\u{1}\n",
            channelSocket: "/tmp/it's")
        #expect(domain.xml.contains("<name>a&lt;b&gt;&amp;&quot;c&apos;</name>"))
        #expect(domain.xml.contains("<cmdline>x=&lt;/cmdline&gt;&#10;</cmdline>"))
        #expect(domain.xml.contains("path='/tmp/it&apos;s'"))
    }

    /// A console takes port 0 and the channel moves to port 1: two serial devices cannot share one.
    @Test func consoleMovesTheChannel() {
        let domain = Domain(
            name: "a", machine: .q35, accelerator: .tcg, kernel: "/k", channelSocket: "/c", consoleLog: "/log")
        #expect(domain.xml.contains("<target type='isa-serial' port='0'/>"))
        #expect(domain.xml.contains("<target type='isa-debug' port='1'>"))
    }

    /// The reference lane is what a user would type: no firmware of ours, no tuning; the fastest lane has both.
    @Test func recipes() throws {
        let kernel = GuestKernel(
            origin: .given, image: "/k/vmlinuz", vmlinux: "/k/vmlinux", version: "6", digest: "sha256:0")
        func domain(_ recipe: GuestRecipe) -> Domain {
            recipe.domain(
                name: "n", kernel: kernel, initramfs: "/i", arguments: ["--guest", "exit"], channelSocket: "/c",
                tscKilohertz: 2_500_000)
        }
        let plain = domain(.plain(.tcg))
        #expect(plain.asksEachFeature && !domain(.q35(.tcg)).asksEachFeature)
        #expect(plain.machine == .pc && plain.firmware == nil && plain.kernel == "/k/vmlinuz")
        #expect(plain.commandLine == "rdinit=/isolab-workload panic=-1 reboot=t -- --guest exit")
        let fastest = domain(.fastest(.tcg))
        #expect(fastest.machine == .microvm && fastest.kernel == "/k/vmlinux")
        #expect(fastest.commandLine.contains(" tsc_early_khz=2500000 "))
        #expect(fastest.commandLine.contains(" tsc=reliable "))
        #expect(!domain(.q35(.tcg)).commandLine.contains("tsc=reliable"))
    }
}
