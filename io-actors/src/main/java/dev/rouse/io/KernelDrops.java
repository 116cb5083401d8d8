package dev.rouse.io;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalLong;

/// What Linux says of the datagrams that it has dropped at UDP ports: the last column of its list of sockets. Any
/// thread.
final class KernelDrops {
    private static final List<Path> LISTS = List.of(Path.of("/proc/net/udp"), Path.of("/proc/net/udp6"));

    /// Sockets that are looked at in each list. A guess, far above what a process can have open.
    private static final int MOST_SOCKETS = 1_000_000;

    private static final int LOCAL_ADDRESS = 1;

    /// A column that the system adds would come after it.
    private static final int DROPS = 12;

    private KernelDrops() {}

    /// Of all sockets at this address and port; empty where no list has one.
    static OptionalLong of(InetSocketAddress local) {
        long drops = 0;
        boolean found = false;
        for (Path list : LISTS) {
            OptionalLong these = read(list, local);
            found |= these.isPresent();
            drops += these.orElse(0);
        }
        return found ? OptionalLong.of(drops) : OptionalLong.empty();
    }

    private static OptionalLong read(Path list, InetSocketAddress local) {
        try (BufferedReader lines = Files.newBufferedReader(list)) {
            return sum(lines, local);
        } catch (NoSuchFileException _) {
            return OptionalLong.empty(); // not Linux, or without IPv6
        } catch (IOException _) {
            return OptionalLong.empty(); // not to be read here: then nothing is known
        }
    }

    private static OptionalLong sum(BufferedReader lines, InetSocketAddress local) throws IOException {
        long drops = 0;
        boolean found = false;
        lines.readLine(); // the names of the columns
        String line = lines.readLine();
        for (int left = MOST_SOCKETS; line != null && left > 0; left--) {
            String[] columns = line.strip().split("\\s+", -1);
            if (columns.length > DROPS && local.equals(address(columns[LOCAL_ADDRESS]))) {
                found = true;
                drops += Long.parseLong(columns[DROPS]);
            }
            line = lines.readLine();
        }
        return found ? OptionalLong.of(drops) : OptionalLong.empty();
    }

    /// Such as `0100007F:B746` on a machine with the least byte first: each four bytes are one number in
    /// hexadecimal.
    static InetSocketAddress address(String text) throws UnknownHostException {
        int colon = text.indexOf(':');
        ByteBuffer bytes = ByteBuffer.allocate(colon / 2).order(ByteOrder.nativeOrder());
        for (int i = 0; i < colon; i += 8) {
            bytes.putInt(Integer.parseUnsignedInt(text, i, i + 8, 16));
        }
        return new InetSocketAddress(
                InetAddress.getByAddress(bytes.array()), Integer.parseInt(text, colon + 1, text.length(), 16));
    }
}
