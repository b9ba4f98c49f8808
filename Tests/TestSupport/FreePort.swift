import Glibc

/// A TCP port of the loopback that nobody listened to a moment ago.
/// - Returns: Its number.
public func freePort() -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutableBytes(of: &address) { bytes in
        guard let base = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return }
        bind(descriptor, base, size)
        getsockname(descriptor, base, &size)
    }
    return Int(UInt16(bigEndian: address.sin_port))
}
