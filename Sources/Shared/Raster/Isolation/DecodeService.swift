import CGDAL
import Dispatch
import Geo
import Glibc
import Manifests

/// The worker's side: a line of JSON asks, a line answers, until nobody asks any more.
public enum DecodeService {
    /// Where the socket is open, and the shared memory.
    static let socket: Int32 = 0
    static let memory: Int32 = 3

    /// More than decoding a band of a Sentinel-2 product takes by far.
    public static let largestMemory = 6 << 30

    /// Answers requests until they end; what a terminal sends to all is left to the program that asks.
    ///
    /// - Parameters:
    ///   - largestMemory: bytes that may be taken beside what the program itself has mapped.
    ///   - before: told of each path before it is opened, and whether pixels are asked for.
    public static func serve(
        largestMemory: Int = largestMemory, before: (String, Bool) -> Void = { _, _ in }
    ) {
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_IGN) }
        endWithAsker()
        // What it takes to begin is none of the file's.
        _ = GDALLibrary.isReady
        // Nobody asks for a block twice: what is kept, the asker keeps.
        GDALSetCacheMax64(16 << 20)
        boundMemory(largestMemory)
        var files = OpenFiles()
        while let line = readLine(strippingNewline: true) {
            guard let request = try? decodeStrictJSON(DecodeRequest.self, from: Array(line.utf8))
            else { return }
            before(request.path, request.band != nil)
            guard send(answer(request, &files)) else { return }
        }
    }

    /// A few rasters that stay open, since the next request is most likely for one of them.
    private struct OpenFiles {
        private var files: [(path: String, file: OpenRaster)] = []

        mutating func file(_ path: String) throws -> OpenRaster {
            let known = files.firstIndex { $0.path == path }.map { files.remove(at: $0).file }
            let file = try known ?? OpenRaster(path)
            files.append((path, file))
            if files.count > 8 { files.removeFirst() }
            return file
        }
    }

    // MARK: Answers

    private static func answer(_ request: DecodeRequest, _ files: inout OpenFiles) -> DecodeReply {
        var reply = DecodeReply()
        guard hasMemory(request.memory) else {
            reply.isOutOfMemory = true
            return reply
        }
        do {
            let file = try files.file(request.path)
            switch (request.band, request.carried) {
            case (let band?, _) where request.isSigned == true:
                try read(request, band, file, as: Int16.self, &reply)
            case (let band?, _): try read(request, band, file, as: UInt16.self, &reply)
            case (nil, .camera): reply.camera = file.raster.metadata("RPC")
            case (nil, .controls): reply.controls = try file.raster.groundControlPoints()
            case (nil, nil): reply.facts = RasterFacts(file.raster)
            }
        } catch {
            let error = error as? RasterError ?? RasterError(.unreadable, "\(error)")
            reply.failure = .init(code: error.code, messages: error.messages)
            reply.isOutOfMemory = error.messages.contains {
                $0.contains("memory") || $0.contains("alloc")
            }
        }
        return reply
    }

    private static func read<Pixel: RasterPixel>(
        _ request: DecodeRequest, _ band: Int, _ file: OpenRaster, as type: Pixel.Type,
        _ reply: inout DecodeReply
    ) throws {
        let window = try request.window.map {
            try PixelWindow(column: $0[0], row: $0[1], width: $0[2], height: $0[3])
        }
        let size = try request.scaledTo.map { try PixelSize(width: $0[0], height: $0[1]) }
        let pixels = try file.raster.read(
            window, bands: Array(band..<band + (request.bands ?? 1)), as: type, scaledTo: size)
        try pixels.pixels.withUnsafeBytes(share)
        (reply.width, reply.height) = (pixels.size.width, pixels.size.height)
    }

    private static func share(_ bytes: UnsafeRawBufferPointer) throws {
        guard ftruncate(memory, bytes.count) == 0,
            let target = mmap(nil, bytes.count, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0),
            target != MAP_FAILED
        else {
            // A limit to the size of files is one to shared memory too.
            throw RasterError(
                errno == EFBIG ? .io : .outOfResources,
                "no shared memory for \(bytes.count) bytes: \(String(cString: strerror(errno)))")
        }
        defer { munmap(target, bytes.count) }
        UnsafeMutableRawBufferPointer(start: target, count: bytes.count).copyMemory(from: bytes)
    }

    private static func send(_ reply: DecodeReply) -> Bool {
        guard let line = try? encodeCanonicalJSON(reply) + [UInt8(ascii: "\n")] else {
            return false
        }
        return line.withUnsafeBytes { bytes in
            Glibc.send(socket, bytes.baseAddress, bytes.count, Int32(MSG_NOSIGNAL))
        } == line.count
    }

    // MARK: Bounds

    /// Swift ends a process that gets no memory; so it is asked for first.
    private static func hasMemory(_ bytes: Int) -> Bool {
        // Not malloc: a compiler may take that and free for nothing.
        let flags = MAP_PRIVATE | MAP_ANONYMOUS
        guard let start = mmap(nil, bytes, PROT_READ | PROT_WRITE, flags, -1, 0),
            start != MAP_FAILED
        else { return false }
        munmap(start, bytes)
        return true
    }

    /// Beside what the program itself has mapped; and no file of 200 MB for each crash.
    private static func boundMemory(_ largest: Int) {
        let pages = (try? WholeFile.readText("/proc/self/statm"))?.split(separator: " ").first
            .flatMap { Int($0) }
        let own = (pages ?? 0) * Int(sysconf(Int32(_SC_PAGESIZE)))
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
        limit.rlim_cur = min(limit.rlim_max, rlim_t(own + largest))
        setrlimit(__rlimit_resource_t(RLIMIT_AS.rawValue), &limit)
    }

    /// Ends the process as soon as the one that asks is gone, even in the middle of a decoder that hangs.
    private static func endWithAsker() {
        DispatchQueue.global().async {
            var other = pollfd(fd: socket, events: 0, revents: 0)
            while poll(&other, 1, -1) <= 0 || other.revents & Int16(POLLHUP) == 0 {}
            _exit(0)
        }
    }
}
