package dev.rouse.actor;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;
import javax.management.InstanceAlreadyExistsException;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/// A system as JMX sees it. The only class that needs the module `java.management`: not touched unless JMX is asked
/// for.
final class Management implements ActorSystemMXBean {

    private final ActorSystem system;

    private Management(ActorSystem system) {
        this.system = system;
    }

    /// Returns what takes it out again.
    ///
    /// @throws IllegalStateException if there is one of this name
    static Runnable register(ActorSystem system) {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        try {
            ObjectName name = new ObjectName("rouse:type=ActorSystem,name=" + valueOf(system.name()));
            server.registerMBean(new Management(system), name);
            return () -> withdraw(server, name, system.log());
        } catch (InstanceAlreadyExistsException e) {
            throw new IllegalStateException(
                    "another actor system of this name is registered with JMX: name=" + system.name()
                            + "; give each a name of its own",
                    e);
        } catch (JMException e) {
            throw new IllegalStateException("JMX has refused the actor system: name=" + system.name(), e);
        }
    }

    private static String valueOf(String name) {
        return name.matches("[\\w.-]+") ? name : ObjectName.quote(name);
    }

    private static void withdraw(MBeanServer server, ObjectName name, System.Logger log) {
        try {
            server.unregisterMBean(name);
        } catch (InstanceNotFoundException _) {
            // somebody else has taken it out
        } catch (JMException e) {
            SafeLog.log(log, System.Logger.Level.WARNING, "an actor system stays registered with JMX: name=" + name, e);
        }
    }

    @Override
    public String getDescription() {
        return system.description();
    }

    @Override
    public long getAlive() {
        return system.alive();
    }

    @Override
    public long getDeadLetters() {
        return system.deadLetters();
    }

    @Override
    public long getRefusals() {
        return system.refusals();
    }

    @Override
    public long getViolations() {
        return Arrays.stream(Violation.values()).mapToLong(system::violations).sum();
    }

    @Override
    public Map<String, Long> getSocketFigures() {
        return system.socketFigures();
    }

    @Override
    public String dump() {
        return system.dump().toString();
    }

    @Override
    public String dumpJson() {
        return system.dump().toJson();
    }
}
