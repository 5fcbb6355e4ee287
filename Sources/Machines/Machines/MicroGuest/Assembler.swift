/// The few instructions of 32-bit protected mode that the micro-guest is made of, with labels.
///
/// Encodings from the Intel 64 and IA-32 Architectures Software Developer's Manual, volume 2.
struct Assembler {
    /// The machine code so far.
    private(set) var code: [UInt8] = []
    /// The address that the first byte will have.
    let origin: UInt32
    private var labels: [String: Int] = [:]
    private var fixups: [(at: Int, label: String, kind: Fixup)] = []

    private enum Fixup { case near, short, absolute }

    enum Register: UInt8 {
        case eax, ecx, edx, ebx, esp, ebp, esi, edi
    }

    init(origin: UInt32) { self.origin = origin }

    mutating func label(_ name: String) { labels[name] = code.count }

    mutating func bytes(_ values: [UInt8]) { code += values }

    /// `mov register, immediate`
    mutating func move(_ register: Register, _ immediate: UInt32) {
        code += [0xb8 + register.rawValue] + word(immediate)
    }

    /// `mov register, address of label`
    mutating func move(_ register: Register, addressOf name: String) {
        code.append(0xb8 + register.rawValue)
        fixups.append((code.count, name, .absolute))
        code += [0, 0, 0, 0]
    }

    /// `mov destination, source`
    mutating func move(_ destination: Register, _ source: Register) { code += [0x89, direct(source, destination)] }

    /// `xor destination, source`
    mutating func xor(_ destination: Register, _ source: Register) { code += [0x31, direct(source, destination)] }

    /// `shl register, count`
    mutating func shiftLeft(_ register: Register, _ count: UInt8) { code += [0xc1, 0xe0 | register.rawValue, count] }

    /// `shr register, count`
    mutating func shiftRight(_ register: Register, _ count: UInt8) { code += [0xc1, 0xe8 | register.rawValue, count] }

    /// `rol register, count`
    mutating func rotateLeft(_ register: Register, _ count: UInt8) { code += [0xc1, 0xc0 | register.rawValue, count] }

    /// `dec register`
    mutating func decrement(_ register: Register) { code.append(0x48 + register.rawValue) }

    /// `inc register`
    mutating func increment(_ register: Register) { code.append(0x40 + register.rawValue) }

    /// `call label`
    mutating func call(_ name: String) { jump([0xe8], name, .near) }

    /// `jnz label`, within 127 bytes
    mutating func jumpIfNotZero(_ name: String) { jump([0x75], name, .short) }

    /// `jz label`, within 127 bytes
    mutating func jumpIfZero(_ name: String) { jump([0x74], name, .short) }

    /// `jb label`, within 127 bytes
    mutating func jumpIfBelow(_ name: String) { jump([0x72], name, .short) }

    /// `jmp label`, within 127 bytes
    mutating func jump(_ name: String) { jump([0xeb], name, .short) }

    /// `mov al, [esi]`
    mutating func loadByte() { code += [0x8a, 0x06] }

    /// `mov al, low byte of register` (ecx, edx, ebx)
    mutating func moveLowByte(_ source: Register) { code += [0x88, 0xc0 | source.rawValue << 3] }

    /// `and al, immediate`, `add al, immediate`, `cmp al, immediate`, `test al, al`
    mutating func andLowByte(_ immediate: UInt8) { code += [0x24, immediate] }
    mutating func addLowByte(_ immediate: UInt8) { code += [0x04, immediate] }
    mutating func compareLowByte(_ immediate: UInt8) { code += [0x3c, immediate] }
    mutating func testLowByte() { code += [0x84, 0xc0] }

    /// `out port, al`
    mutating func out(port: UInt8) { code += [0xe6, port] }

    mutating func ret() { code.append(0xc3) }
    mutating func halt() { code.append(0xf4) }

    /// The code with every label's distance or address filled in.
    func assembled() -> [UInt8] {
        var result = code
        for fixup in fixups {
            guard let target = labels[fixup.label] else { preconditionFailure("no label \(fixup.label)") }
            switch fixup.kind {
            case .short:
                let distance = target - (fixup.at + 1)
                precondition((-128...127).contains(distance), "\(fixup.label) is too far for a short jump")
                result[fixup.at] = UInt8(truncatingIfNeeded: distance)
            case .near:
                result.replaceSubrange(
                    fixup.at..<fixup.at + 4, with: word(UInt32(truncatingIfNeeded: target - (fixup.at + 4))))
            case .absolute:
                result.replaceSubrange(fixup.at..<fixup.at + 4, with: word(origin + UInt32(target)))
            }
        }
        return result
    }

    private mutating func jump(_ opcode: [UInt8], _ name: String, _ kind: Fixup) {
        code += opcode
        fixups.append((code.count, name, kind))
        code += kind == .short ? [0] : [0, 0, 0, 0]
    }

    /// ModR/M of two registers.
    private func direct(_ register: Register, _ memory: Register) -> UInt8 {
        0xc0 | register.rawValue << 3 | memory.rawValue
    }
}

/// Little-endian bytes.
func word(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) } }
func half(_ value: UInt16) -> [UInt8] { [UInt8(truncatingIfNeeded: value), UInt8(truncatingIfNeeded: value >> 8)] }
