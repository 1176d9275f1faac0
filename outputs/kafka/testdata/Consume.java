import java.time.Duration;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Prints every record of a topic as Kafka's own consumer has it: java Consume.java BROKER TOPIC PARTITIONS. */
public class Consume {
    public static void main(String[] args) {
        Properties p = new Properties();
        p.put("bootstrap.servers", args[0]);
        int n = Integer.parseInt(args[2]);
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < n; i++) all.add(new TopicPartition(args[1], i));
        Base64.Encoder text = Base64.getEncoder();
        StringBuilder out = new StringBuilder();
        try (var consumer = new KafkaConsumer<>(p, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(t -> consumer.position(t) < ends.get(t))) {
                for (var r : consumer.poll(Duration.ofSeconds(1))) {
                    int home = r.key() == null ? -1 : BuiltInPartitioner.partitionForKey(r.key(), n);
                    out.append(r.partition()).append(' ').append(home).append(' ').append(r.timestamp())
                        .append(' ').append(r.key() == null ? "-" : text.encodeToString(r.key()))
                        .append(' ').append(text.encodeToString(r.value()));
                    for (Header h : r.headers()) out.append(' ').append(h.key()).append('=').append(text.encodeToString(h.value()));
                    out.append('\n');
                }
            }
        }
        System.out.print(out);
    }
}
