package import Linux

/// A guest of our own, well under a kilobyte: the floor of what a virtual machine costs, and the test of the KVM path on hosts
/// whose KVM cannot boot a stock kernel.
///
/// It needs no firmware service, no paging, no interrupt and no memory but its own: it says `hello`, does the proof of work,
/// says `proof` and `done 0` on port 0xe9, and shuts down by a triple fault, which every machine type turns into a reset.
///
/// The image is an ELF for i386 with a PVH note (Xen's `XEN_ELFNOTE_PHYS32_ENTRY`), which QEMU enters directly, and a
/// multiboot header (Multiboot Specification 0.6.96, section 3.1) for loaders that know only that.
package struct MicroGuest: Equatable, Sendable {
    package var nonce: UInt64
    /// Steps of xorshift32. A KVM that emulates does two million instructions a second, seven a step: keep it small.
    package var iterations: UInt32
    /// A loader without PVH finds the image by its multiboot header.
    package var multiboot: Bool

    package init(nonce: UInt64, iterations: UInt32, multiboot: Bool = true) {
        self.nonce = nonce
        self.iterations = iterations
        self.multiboot = multiboot
    }

    /// The word that stands for the command in `hello`.
    package static let command = "micro"

    /// Where the image is loaded: 1 MiB, the first address a multiboot loader accepts.
    static let origin: UInt32 = 0x10_0000
    static let headerBytes: UInt32 = 0xa0

    /// The image's bytes: ELF header, two program headers, note, multiboot header, code, text.
    package var image: [UInt8] {
        let program = self.program
        let fileBytes = Self.headerBytes + UInt32(program.count)
        let noteAt: UInt32 = 52 + 2 * 32
        var bytes: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        bytes += half(2) + half(3) + word(1)  // ET_EXEC, EM_386, EV_CURRENT
        bytes += word(Self.entry) + word(52) + word(0) + word(0)  // entry, program headers, no sections, flags
        bytes += half(52) + half(32) + half(2) + half(40) + half(0) + half(0)
        // PT_LOAD: the whole file, its headers included, so that offsets and addresses differ by the origin alone.
        // The stack lies behind it.
        bytes += word(1) + word(0) + word(Self.origin) + word(Self.origin)
        bytes += word(fileBytes) + word(Self.emptyPage + 0x1000 - Self.origin) + word(7) + word(0x1000)
        // PT_NOTE
        bytes += word(4) + word(noteAt) + word(Self.origin + noteAt) + word(Self.origin + noteAt)
        bytes += word(20) + word(20) + word(4) + word(4)
        precondition(bytes.count == Int(noteAt))
        bytes += word(4) + word(4) + word(18) + Array("Xen\0".utf8) + word(Self.entry)  // XEN_ELFNOTE_PHYS32_ENTRY
        bytes += [UInt8](repeating: 0, count: Int(Self.headerBytes) - bytes.count)
        return bytes + program
    }

    /// Writes the image.
    package func write(to path: String) throws(SystemError) { try WholeFile.replace(path, with: image) }

    /// The image and its stack share one page; the next stays zero.
    private static let stackTop: UInt32 = origin + 0x1000
    private static let emptyPage: UInt32 = stackTop
    /// Six zero bytes, which the padding of the ELF header holds: a descriptor table with no entry.
    private static let emptyTable: UInt32 = origin + 8
    /// The multiboot header stands first in the program, whether or not it carries its magic.
    private static let entry: UInt32 = origin + headerBytes + 12

    /// Multiboot header, code and text.
    private var program: [UInt8] {
        var code = Assembler(origin: Self.origin + Self.headerBytes)
        let magic: UInt32 = 0x1bad_b002
        code.bytes(multiboot ? word(magic) + word(0) + word(0 &- magic) : [UInt8](repeating: 0, count: 12))

        // Either protocol enters with flat segments and interrupts off; the stack is the guest's own affair.
        code.move(.esp, Self.stackTop)
        code.move(.esi, addressOf: "hello")
        code.call("say")

        // xorshift32: ebx is the state, ecx counts, edx is scratch.
        code.move(.ebx, UInt32(truncatingIfNeeded: nonce ^ (nonce >> 32)) | 1)
        if iterations > 0 {
            code.move(.ecx, iterations)
            code.label("step")
            code.move(.edx, .ebx)
            code.shiftLeft(.edx, 13)
            code.xor(.ebx, .edx)
            code.move(.edx, .ebx)
            code.shiftRight(.edx, 17)
            code.xor(.ebx, .edx)
            code.move(.edx, .ebx)
            code.shiftLeft(.edx, 5)
            code.xor(.ebx, .edx)
            code.decrement(.ecx)
            code.jumpIfNotZero("step")
        }
        code.move(.esi, addressOf: "proof")
        code.call("say")
        // Eight hexadecimal digits of ebx, the highest first.
        code.move(.ecx, 8)
        code.label("digit")
        code.rotateLeft(.ebx, 4)
        code.moveLowByte(.ebx)
        code.andLowByte(0x0f)
        code.addLowByte(0x30)
        code.compareLowByte(0x3a)
        code.jumpIfBelow("decimal")
        code.addLowByte(0x27)
        code.label("decimal")
        code.out(port: 0xe9)
        code.decrement(.ecx)
        code.jumpIfNotZero("digit")
        code.move(.esi, addressOf: "done")
        code.call("say")

        // Paging with an empty page directory: the next fetch faults, the fault finds no descriptor table and faults, and
        // the third time the processor shuts down. (An `int3` would do on hardware; an emulating KVM does not know it.)
        code.bytes([0x0f, 0x01, 0x1d] + word(Self.emptyTable))  // lidt [address]
        code.move(.eax, Self.emptyPage)
        code.bytes([0x0f, 0x22, 0xd8])  // mov cr3, eax
        code.bytes([0x0f, 0x20, 0xc0])  // mov eax, cr0
        code.bytes([0x0d, 0x00, 0x00, 0x00, 0x80])  // or eax, PG
        code.bytes([0x0f, 0x22, 0xc0])  // mov cr0, eax
        code.label("forever")
        code.halt()
        code.jump("forever")

        code.label("say")
        code.loadByte()
        code.testLowByte()
        code.jumpIfZero("said")
        code.out(port: 0xe9)
        code.increment(.esi)
        code.jump("say")
        code.label("said")
        code.ret()

        let hexadecimal = String(nonce, radix: 16)
        let padded = String(repeating: "0", count: 16 - hexadecimal.count) + hexadecimal
        code.label("hello")
        code.bytes(Array("hello 1 \(padded) \(Self.command)\n\0".utf8))
        code.label("proof")
        code.bytes(Array("proof \(iterations) \0".utf8))
        code.label("done")
        code.bytes(Array("\ndone 0\n\0".utf8))
        return code.assembled()
    }
}
