/// The shared object that the kernel maps into every process (vdso(7)): calls served without entering the kernel.
struct VDSO {
    private let base: UnsafeRawPointer
    /// Difference between an address in the file and in memory.
    private var bias = 0
    private var symbols = 0
    private var strings = 0
    private var hash = 0
    private var newHash = 0

    /// Reads program headers and dynamic section (ELF-64 object file format; System V gABI, chapter 5); nil where there
    /// is no vDSO or it is not one.
    init?(at address: Int) {
        guard let base = UnsafeRawPointer(bitPattern: address),
            base.load(as: UInt32.self) == 0x464c_457f
        else { return nil }
        self.base = base
        let headers = base.load(fromByteOffset: 32, as: Int.self)
        let size = Int(base.load(fromByteOffset: 54, as: UInt16.self))
        let count = Int(base.load(fromByteOffset: 56, as: UInt16.self))
        var dynamic: UnsafeRawPointer?
        for index in 0..<count {
            let header = base + headers + index * size
            let kind = header.load(as: UInt32.self)
            let offset = header.load(fromByteOffset: 8, as: Int.self)
            if kind == 1 { bias = address + offset - header.load(fromByteOffset: 16, as: Int.self) }
            if kind == 2 { dynamic = base + offset }
        }
        guard var entry = dynamic else { return nil }
        while entry.load(as: Int.self) != 0 {
            let value = entry.load(fromByteOffset: 8, as: Int.self) + bias
            switch entry.load(as: Int.self) {
            case 4: hash = value
            case 5: strings = value
            case 6: symbols = value
            case 0x6fff_fef5: newHash = value
            default: break
            }
            entry += 16
        }
        if symbols == 0 || strings == 0 { return nil }
    }

    /// The address of a function; nil where this kernel has none of that name.
    func function(_ name: StaticString) -> UInt? {
        guard let table = UnsafeRawPointer(bitPattern: symbols),
            let names = UnsafePointer<CChar>(bitPattern: strings)
        else { return nil }
        for index in 0..<symbolCount {
            let symbol = table + index * 24
            let value = symbol.load(fromByteOffset: 8, as: Int.self)
            if value != 0, equal(names + Int(symbol.load(as: UInt32.self)), name) {
                return UInt(bitPattern: value + bias)
            }
        }
        return nil
    }

    /// From the old hash table where there is one, else by walking the last chain of the GNU one.
    private var symbolCount: Int {
        if let table = UnsafePointer<UInt32>(bitPattern: hash) { return Int(table[1]) }
        guard let table = UnsafePointer<UInt32>(bitPattern: newHash) else { return 0 }
        let bucketCount = Int(table[0])
        let first = Int(table[1])
        let buckets = table + 4 + Int(table[2]) * 2
        let chains = buckets + bucketCount
        var last = 0
        for bucket in 0..<bucketCount { last = max(last, Int(buckets[bucket])) }
        if last < first { return first }
        while chains[last - first] & 1 == 0 { last += 1 }
        return last + 1
    }
}
