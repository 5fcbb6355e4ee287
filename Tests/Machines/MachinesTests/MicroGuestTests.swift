import Testing
import WorkloadProtocol

@testable import Machines

@Suite struct MicroGuestTests {
    private let image = MicroGuest(nonce: 0x0123_4567_89ab_cdef, iterations: 1000).image

    private func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(image[at + $1]) << ($1 * 8) } }

    /// A loader finds what the ELF, PVH and multiboot formats promise, each at its place.
    @Test func headers() {
        #expect(image.starts(with: [0x7f, 0x45, 0x4c, 0x46, 1, 1, 1]))
        #expect(word(16) == 3 << 16 | 2)  // EM_386, ET_EXEC
        let entry = word(24)
        #expect(word(28) == 52)
        // PT_LOAD maps the file whole at 1 MiB, its stack in the same page and one of zeros behind.
        #expect(word(52) == 1 && word(56) == 0 && word(64) == 0x10_0000)
        #expect(Int(word(68)) == image.count && word(72) == 0x2000)
        // PT_NOTE: name "Xen", type 18, the entry.
        #expect(word(84) == 4)
        let note = Int(word(88))
        #expect(word(note + 8) == 18 && image[(note + 12)..<(note + 16)].elementsEqual("Xen\0".utf8))
        #expect(word(note + 16) == entry)
        // Multiboot: within 8192 bytes, aligned, sums to zero.
        let multiboot = 0xa0
        #expect(word(multiboot) == 0x1bad_b002)
        #expect(word(multiboot) &+ word(multiboot + 4) &+ word(multiboot + 8) == 0)
        #expect(entry == 0x10_0000 + 0xa0 + 12)
    }

    /// It stays what it is for: a floor. One page holds image and stack.
    @Test func size() { #expect(image.count < 512) }

    /// The same guest gives the same bytes, another nonce others.
    @Test func deterministic() {
        #expect(MicroGuest(nonce: 0x0123_4567_89ab_cdef, iterations: 1000).image == image)
        #expect(MicroGuest(nonce: 1, iterations: 1000).image != image)
    }

    /// The encoder gives the bytes that the processor's manual prescribes (checked once against objdump).
    @Test func encodings() {
        var code = Assembler(origin: 0x1000)
        code.move(.ebx, 0x1122_3344)
        code.label("again")
        code.move(.edx, .ebx)
        code.shiftLeft(.edx, 13)
        code.xor(.ebx, .edx)
        code.shiftRight(.edx, 17)
        code.rotateLeft(.ebx, 4)
        code.moveLowByte(.ebx)
        code.decrement(.ecx)
        code.jumpIfNotZero("again")
        code.move(.esi, addressOf: "again")
        code.call("again")
        #expect(
            code.assembled() == [
                0xbb, 0x44, 0x33, 0x22, 0x11, 0x89, 0xda, 0xc1, 0xe2, 0x0d, 0x31, 0xd3, 0xc1, 0xea, 0x11, 0xc1, 0xc3,
                0x04,
                0x88, 0xd8, 0x49, 0x75, 0xee, 0xbe, 0x05, 0x10, 0x00, 0x00, 0xe8, 0xe4, 0xff, 0xff, 0xff,
            ])
    }
}
