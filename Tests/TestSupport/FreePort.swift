import Glibc

/// A TCP port of the loopback that nobody listened to a moment ago.
/// - Returns: Its number.
public func freePort() -> Int { HeldPort().number }

/// A TCP port of the loopback at which this process listens, and answers nobody, as long as the object lives.
public final class HeldPort {
    /// The port's number.
    public let number: Int
    private let descriptor: Int32

    /// Listens at a port that nobody listened to.
    public init() {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutableBytes(of: &address) { bytes in
            guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else {
                return
            }
            bind(listener, base, size)
            listen(listener, 1)
            getsockname(listener, base, &size)
        }
        descriptor = listener
        number = Int(UInt16(bigEndian: address.sin_port))
    }

    deinit { close(descriptor) }
}
