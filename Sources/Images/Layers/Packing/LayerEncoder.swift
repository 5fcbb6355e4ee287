import CZstd
import Glibc
import OCI

/// What makes a layer's blob of its tar archive.
protocol LayerEncoder {
    func encode(_ bytes: UnsafeRawBufferPointer, to sink: BlobSink) throws(LayerError)
    /// Writes what is still held back.
    func finish(to sink: BlobSink) throws(LayerError)
}

/// A tar archive as it is.
struct PlainEncoder: LayerEncoder {
    func encode(_ bytes: UnsafeRawBufferPointer, to sink: BlobSink) throws(LayerError) { try sink.write(bytes) }
    func finish(to sink: BlobSink) throws(LayerError) {}
}

/// One zstd frame, made by libzstd's own worker threads where it has them: the same bytes whatever their number.
final class ZstandardEncoder: LayerEncoder {
    private let stream: OpaquePointer
    private let output = UnsafeMutableRawBufferPointer.allocate(byteCount: ZSTD_CStreamOutSize(), alignment: 16)

    init(level: Int, workers: Int) throws(LayerError) {
        guard let stream = ZSTD_createCStream() else { throw LayerError(.damaged("no memory to compress with")) }
        self.stream = stream
        ZSTD_CCtx_setParameter(stream, ZSTD_c_compressionLevel, Int32(level))
        ZSTD_CCtx_setParameter(stream, ZSTD_c_checksumFlag, 1)
        ZSTD_CCtx_setParameter(stream, ZSTD_c_nbWorkers, Int32(max(workers, 1)))
    }

    func encode(_ bytes: UnsafeRawBufferPointer, to sink: BlobSink) throws(LayerError) {
        try run(bytes, ZSTD_e_continue, to: sink)
    }

    func finish(to sink: BlobSink) throws(LayerError) {
        try run(UnsafeRawBufferPointer(start: nil, count: 0), ZSTD_e_end, to: sink)
    }

    private func run(
        _ bytes: UnsafeRawBufferPointer, _ directive: ZSTD_EndDirective, to sink: BlobSink
    ) throws(LayerError) {
        var input = ZSTD_inBuffer(src: bytes.baseAddress, size: bytes.count, pos: 0)
        while true {
            var result = ZSTD_outBuffer(dst: output.baseAddress, size: output.count, pos: 0)
            let remaining = ZSTD_compressStream2(stream, &result, &input, directive)
            if ZSTD_isError(remaining) != 0 {
                throw LayerError(.damaged("zstd: " + String(cString: ZSTD_getErrorName(remaining))))
            }
            if result.pos > 0 { try sink.write(UnsafeRawBufferPointer(rebasing: output[..<result.pos])) }
            if directive == ZSTD_e_end ? remaining == 0 : input.pos == input.size { return }
        }
    }

    deinit {
        ZSTD_freeCStream(stream)
        output.deallocate()
    }
}
