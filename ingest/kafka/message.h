#pragma once

#include <librdkafka/rdkafka.h>

#include "schemas/kafka_record.h"

namespace hookledger::kafka {

/// Makes `view` one of the message: valid as long as the message. Internal to ingest/kafka.
void view_message(const rd_kafka_message_t& message, MessageView& view);

}  // namespace hookledger::kafka
