//! Which functions of libasound are used. One that is missing here is an error of linking; one that
//! nobody uses any more does no harm.

/// Calls a macro with the names, in alphabetical order.
macro_rules! functions {
    ($then:ident) => {
        $then! {
            snd_card_next
            snd_config_update
            snd_config_update_free_global
            snd_ctl_card_info
            snd_ctl_card_info_free
            snd_ctl_card_info_get_name
            snd_ctl_card_info_malloc
            snd_ctl_close
            snd_ctl_open
            snd_ctl_pcm_info
            snd_ctl_pcm_next_device
            snd_device_name_free_hint
            snd_device_name_get_hint
            snd_device_name_hint
            snd_lib_error_set_handler
            snd_pcm_avail_delay
            snd_pcm_bytes_to_frames
            snd_pcm_close
            snd_pcm_format_physical_width
            snd_pcm_get_params
            snd_pcm_hw_params
            snd_pcm_hw_params_any
            snd_pcm_hw_params_can_pause
            snd_pcm_hw_params_can_resume
            snd_pcm_hw_params_copy
            snd_pcm_hw_params_current
            snd_pcm_hw_params_free
            snd_pcm_hw_params_get_buffer_size_max
            snd_pcm_hw_params_get_channels_max
            snd_pcm_hw_params_get_channels_min
            snd_pcm_hw_params_get_period_size
            snd_pcm_hw_params_get_period_size_max
            snd_pcm_hw_params_get_period_size_min
            snd_pcm_hw_params_get_rate_max
            snd_pcm_hw_params_get_rate_min
            snd_pcm_hw_params_malloc
            snd_pcm_hw_params_set_access
            snd_pcm_hw_params_set_buffer_size_near
            snd_pcm_hw_params_set_channels
            snd_pcm_hw_params_set_format
            snd_pcm_hw_params_set_period_size_near
            snd_pcm_hw_params_set_rate
            snd_pcm_hw_params_supports_audio_ts_type
            snd_pcm_hw_params_test_channels
            snd_pcm_hw_params_test_format
            snd_pcm_hw_params_test_rate
            snd_pcm_info
            snd_pcm_info_free
            snd_pcm_info_get_name
            snd_pcm_info_get_stream
            snd_pcm_info_malloc
            snd_pcm_info_set_device
            snd_pcm_info_set_stream
            snd_pcm_info_set_subdevice
            snd_pcm_open
            snd_pcm_pause
            snd_pcm_poll_descriptors
            snd_pcm_poll_descriptors_count
            snd_pcm_poll_descriptors_revents
            snd_pcm_prepare
            snd_pcm_readi
            snd_pcm_resume
            snd_pcm_start
            snd_pcm_state
            snd_pcm_status
            snd_pcm_status_get_audio_htstamp
            snd_pcm_status_get_htstamp
            snd_pcm_status_get_state
            snd_pcm_status_get_trigger_htstamp
            snd_pcm_status_set_audio_htstamp_config
            snd_pcm_status_sizeof
            snd_pcm_sw_params
            snd_pcm_sw_params_current
            snd_pcm_sw_params_free
            snd_pcm_sw_params_malloc
            snd_pcm_sw_params_set_avail_min
            snd_pcm_sw_params_set_start_threshold
            snd_pcm_sw_params_set_tstamp_mode
            snd_pcm_sw_params_set_tstamp_type
            snd_pcm_writei
        }
    };
}

pub(crate) use functions;
