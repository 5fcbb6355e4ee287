import CZlib
import CZstd
import Glibc
import OCI

/// What makes a layer's tar archive of its blob.
protocol LayerDecoder {
    /// Fills a buffer as far as the blob reaches; 0 at its end alone.
    mutating func decode(_ source: BlobSource, into target: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int
}

extension BlobSource {
    /// Tells the compression by the first bytes (RFC 1952, 2.3.1; RFC 8878, 3.1).
    func compression() throws(LayerError) -> MediaType.Compression {
        try fill(atLeast: 4)
        if available.starts(with: [0x1F, 0x8B]) { return .gzip }
        if available.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) { return .zstandard }
        // A skippable frame may come first: 0x184D2A50 to 0x184D2A5F, little-endian.
        if available.count >= 4, available[0] & 0xF0 == 0x50, available.dropFirst().starts(with: [0x2A, 0x4D, 0x18]) {
            return .zstandard
        }
        return .none
    }
}

/// A tar archive as it is.
struct PlainDecoder: LayerDecoder {
    func decode(_ source: BlobSource, into target: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
        var filled = 0
        while filled < target.count {
            let count = try source.read(into: UnsafeMutableRawBufferPointer(rebasing: target[filled...]))
            if count == 0 { break }
            filled += count
        }
        return filled
    }
}

/// gzip, of one member or several (RFC 1952, 2.2); zeros may pad the end.
final class GzipDecoder: LayerDecoder {
    private var stream = z_stream()
    private var isInMember = true
    private var isPadding = false

    init() throws(LayerError) {
        guard isolab_inflate_gzip(&stream) == Z_OK else { throw LayerError(.damaged("no memory to decompress with")) }
    }

    func decode(_ source: BlobSource, into target: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
        var filled = 0
        while filled < target.count {
            try source.fill()
            let input = source.available
            if input.isEmpty {
                if isInMember { throw LayerError(.truncated) }
                break
            }
            if !isInMember {
                if input[0] == 0 || isPadding {
                    guard input.allSatisfy({ $0 == 0 }) else { throw LayerError(.trailingData) }
                    isPadding = true
                    source.consume(input.count)
                    continue
                }
                guard input[0] == 0x1F else { throw LayerError(.trailingData) }
                inflateReset(&stream)
                isInMember = true
            }
            stream.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.avail_in = UInt32(input.count)
            stream.next_out = target.baseAddress?.advanced(by: filled).assumingMemoryBound(to: UInt8.self)
            stream.avail_out = UInt32(target.count - filled)
            let result = inflate(&stream, Z_NO_FLUSH)
            source.consume(input.count - Int(stream.avail_in))
            filled = target.count - Int(stream.avail_out)
            switch result {
            case Z_OK, Z_BUF_ERROR: continue
            case Z_STREAM_END: isInMember = false
            case Z_MEM_ERROR: throw LayerError(.damaged("no memory to decompress with"))
            default:
                throw LayerError(.damaged("gzip: " + (stream.msg.map { String(cString: $0) } ?? "error \(result)")))
            }
        }
        return filled
    }

    deinit { inflateEnd(&stream) }
}

/// zstd, of one frame or several, skippable ones among them (RFC 8878, 3).
///
/// The window is limited to 128 MiB, libzstd's own default: what `zstd --ultra` needs at most without `--long`.
final class ZstandardDecoder: LayerDecoder {
    private let stream: OpaquePointer
    private var isInFrame = true

    init() throws(LayerError) {
        guard let stream = ZSTD_createDStream() else { throw LayerError(.damaged("no memory to decompress with")) }
        self.stream = stream
    }

    func decode(_ source: BlobSource, into target: UnsafeMutableRawBufferPointer) throws(LayerError) -> Int {
        var output = ZSTD_outBuffer(dst: target.baseAddress, size: target.count, pos: 0)
        while output.pos < output.size {
            try source.fill()
            let available = source.available
            var input = ZSTD_inBuffer(src: available.baseAddress, size: available.count, pos: 0)
            let before = output.pos
            let result = ZSTD_decompressStream(stream, &output, &input)
            source.consume(input.pos)
            if ZSTD_isError(result) != 0 {
                // Between two frames nothing but another frame can stand.
                if !isInFrame, ZSTD_getErrorCode(result) == ZSTD_error_prefix_unknown {
                    throw LayerError(.trailingData)
                }
                throw LayerError(.damaged("zstd: " + String(cString: ZSTD_getErrorName(result))))
            }
            if available.isEmpty {
                // What the decoder still held came out; with nothing more of that either, this is the end.
                if output.pos > before { continue }
                if isInFrame { throw LayerError(.truncated) }
                break
            }
            isInFrame = result != 0
        }
        return output.pos
    }

    deinit { ZSTD_freeDStream(stream) }
}
