import Glibc
import RunRecord
import Testing

/// What guests do to a run when they are unlucky: each is a row with its reason, and the other lanes are measured.
@Suite struct GuestLuckTests {
    /// Whether guests can be tried at all.
    static let hasGuests =
        access("\(IsolabProgram.directory)/isolab-vm", X_OK) == 0 && access("/usr/bin/qemu-system-x86_64", X_OK) == 0

    /// A libvirt that refuses the connection is the vm lane's reason, URI and libvirt's words included; the run goes on.
    @Test(.enabled(if: hasGuests, "guests need isolab-vm and QEMU"))
    func libvirtRefuses() throws {
        let place = try Place()
        let result = try IsolabProgram.run(
            [
                "bench", "--lanes", "native,vm", "--workloads", "startup", "--blocks", "1", "--exploratory",
                "--connect",
                "nonsense:///no",
            ] + place.options, in: place)
        #expect(result.status == 0, "\(result.complaints)")
        let run = try Run.read(directory: "\(place.path)/run").run
        let guest = try #require(run.manifest.lanes.first { $0.id == "vm" })
        #expect(!guest.available)
        #expect(guest.reason.contains("nonsense:///no"))
        #expect(run.samples.contains { $0.lane == "native" && $0.admitted })
        let rows = run.samples.filter { $0.lane == "vm" }
        #expect(!rows.isEmpty && rows.allSatisfy { !$0.admitted && $0.reason.contains("not measured") })
    }

    /// A kernel that starts and never reaches the workload is killed at its deadline; no QEMU and no record stays.
    @Test(.enabled(if: hasGuests, "guests need isolab-vm and QEMU"))
    func kernelThatNeverGetsReady() throws {
        let place = try Place()
        let kernel = try place.write(bytes: HaltingKernel.image, to: "kernel")
        let experiment = try place.write(
            """
            exploratory: true
            experiments:
              - kind: startup
                lanes: [native, vm]
                blocks: 1
                warmups: 0
                deadline-s: 2
            """, to: "experiment.yaml")
        let result = try IsolabProgram.run(["bench", experiment, "--kernel", kernel] + place.options, in: place)
        #expect(result.status == 0, "\(result.complaints)")
        let run = try Run.read(directory: "\(place.path)/run").run
        let guests = run.samples.filter { $0.lane == "vm" }
        #expect(guests.count == 1)
        #expect(guests.allSatisfy { !$0.admitted && $0.reason.contains("deadline of 2 s") }, "\(guests.map(\.reason))")
        #expect(run.samples.contains { $0.lane == "native" && $0.admitted })
        let records = try IsolabProgram.shell("ls state/vm", in: place)
        #expect(records.output.isEmpty)
        let processes = try IsolabProgram.shell("grep -al \"$place/kernel\" /proc/[0-9]*/cmdline", in: place)
        // The search itself carries the path in its arguments and is gone by now.
        let alive = processes.output.split(separator: "\n").filter { !Place.text(String($0)).isEmpty }
        #expect(alive.isEmpty)
    }

    /// Without KVM doctor says so and what runs in its place.
    @Test(.enabled(if: IsolabProgram.isRoot, "only root can cover /dev/kvm"))
    func withoutKVM() throws {
        let place = try Place()
        let result = try IsolabProgram.shell(
            """
            if [ -e /dev/kvm ]; then mount --bind /dev/null /dev/kvm || exit 99; fi
            exec "$isolab" doctor --state-directory "$place/state" --cache-directory "$place/cache"
            """, in: place, prefix: ["unshare", "--mount"])
        #expect(result.status != 99)
        let words = result.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
        #expect(words.contains("✗ KVM") || words.contains("~ KVM"))
        #expect(words.contains("software emulation"))
    }
}

/// A PVH kernel of four bytes: `cli`, then `hlt` for ever.
private enum HaltingKernel {
    private static let entry: UInt32 = 0x10_0000

    /// ELF64 with the note that QEMU asks of an uncompressed kernel (XEN_ELFNOTE_PHYS32_ENTRY, 18) and one segment of code.
    static let image: [UInt8] = {
        let code: [UInt8] = [0xFA, 0xF4, 0xEB, 0xFD]
        let note = words(4, 4, 18) + Array("Xen\0".utf8) + words(entry)
        let noteOffset: UInt64 = 64 + 2 * 56
        let codeOffset: UInt64 = 0x1000
        var bytes: [UInt8] = [0x7F, 0x45, 0x4C, 0x46, 2, 1, 1] + [UInt8](repeating: 0, count: 9)
        bytes += halves(2, 62) + words(1) + longs(UInt64(entry), 64, 0) + words(0) + halves(64, 56, 2, 64, 0, 0)
        bytes += segment(type: 1, flags: 5, at: codeOffset, address: UInt64(entry), size: UInt64(code.count))
        bytes += segment(type: 4, flags: 4, at: noteOffset, address: 0, size: UInt64(note.count))
        bytes += note
        bytes += [UInt8](repeating: 0, count: Int(codeOffset) - bytes.count)
        return bytes + code
    }()

    private static func segment(
        type: UInt32, flags: UInt32, at offset: UInt64, address: UInt64, size: UInt64
    ) -> [UInt8] {
        words(type, flags) + longs(offset, address, address, size, size, 4)
    }

    private static func halves(_ values: UInt16...) -> [UInt8] { values.flatMap(littleEndian) }
    private static func words(_ values: UInt32...) -> [UInt8] { values.flatMap(littleEndian) }
    private static func longs(_ values: UInt64...) -> [UInt8] { values.flatMap(littleEndian) }

    private static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: value.littleEndian) { Array($0) }
    }
}
